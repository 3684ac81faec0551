"""What does Clew look like in Slack: nothing of Slack lives outside this room."""
