// Written by `manage.py client_config --format swift`: do not edit.

enum Config {
    static let apiBaseURL = "https://api.rupaya.com/v1"
    static let sentryDSN = "https://abc123@o1.ingest.example.in/42"
    static let appVersion = "1.4.0"
    static let buildNumber = "412"
}
