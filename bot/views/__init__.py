"""What people see: pure functions from the domain to Block Kit and plain text. No Slack, no Redis, no clock."""
