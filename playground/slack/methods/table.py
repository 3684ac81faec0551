"""Which Web API methods does this Slack know?"""

from playground.slack.methods import agents, canvases, chat, conversations, files, marks, streams, team, views

METHODS = {
    method.name: method
    for module in (agents, canvases, chat, conversations, files, marks, streams, team, views)
    for method in module.METHODS
}
