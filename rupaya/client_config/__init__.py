"""What apps must know before anybody signs in: one source for iOS, Android, the web and `GET /v1/config`."""
