"""What operators do to the running service, on AWS. Knows boto3, and neither the database nor HTTP's server side."""
