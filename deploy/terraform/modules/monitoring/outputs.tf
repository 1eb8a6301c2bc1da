output "topic_arn" {
  description = "Whom alarms tell."
  value       = aws_sns_topic.alarms.arn
}
