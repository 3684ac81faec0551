"""A local Slack and a breakable Shop: what does Clew meet when nobody has a workspace or an incident at hand?"""
