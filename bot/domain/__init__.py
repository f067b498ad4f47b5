"""The pure heart: states, plans, approvals, events and reports. Imports nothing else of ours."""
