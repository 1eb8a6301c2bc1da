output "platform" {
  description = "What operators and workflows need to know."
  value       = module.platform
}
