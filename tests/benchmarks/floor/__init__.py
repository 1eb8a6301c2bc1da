"""The floors of the API: what Django itself costs around the same SQL, and what is usually written instead."""
