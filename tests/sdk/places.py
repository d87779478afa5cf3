"""Where the tests of many clients send their requests: an organisation for each platform (and each way to reach it),
with money, a key, and one account on the scripted upstream, so that the model's name and the account decide.

Never in here: what is expected of an answer."""

from dataclasses import dataclass, replace

from manage import Manage

# The one AWS key that the scripted upstream knows; see its sigv4.rs.
AWS = {
    "access_key_id": "AKIAUPSTREAMEXAMPLE7",
    "secret_access_key": "aws-upstream-secret-0123456789abcdefghij",
    "region": "us-east-1",
}
KEY = {"credential_kind": "api_key", "api_key": "an-upstream-key"}
TOKEN = {"credential_kind": "bearer_token", "token": "an-upstream-token"}


@dataclass
class Place:
    """A platform, how it is reached, and the model that is asked for there."""

    name: str
    platform: str
    model: str
    account: dict


def places() -> list[Place]:
    """Every platform, and each of its credentials."""
    return [
        Place("claude-console", "claude_console", "claude-sonnet-4-5", KEY),
        Place("claude-official", "claude_official", "claude-opus-4-6", TOKEN),
        Place("ccr", "ccr", "claude-haiku-4-5", KEY),
        Place("gemini", "gemini", "gemini-2.5-flash", KEY),
        Place("code-assist", "gemini", "gemini-2.5-pro", TOKEN | {"project": "a-project"}),
        Place("openai", "openai", "gpt-5-mini", KEY),
        Place("openai-responses", "openai_responses", "gpt-5", KEY),
        Place("azure", "azure_openai", "gpt-5-mini", KEY),
        Place("azure-deployments", "azure_openai", "gpt-5-mini", TOKEN | {"api_version": "2024-10-21"}),
        Place("bedrock-claude", "bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0", AWS),
        Place("bedrock-nova", "bedrock", "amazon.nova-lite-v1:0", KEY | {"region": "eu-west-1"}),
    ]


MATRIX = [place.name for place in places()]


def quarrels() -> list[Place]:
    """Where clients are refused and accounts rest, which is to disturb nobody else: each client on its own platform and
    on others."""
    by_name = {place.name: place for place in places()}
    pairs = [
        ("claude", ("claude-console", "openai", "gemini")),
        ("chat", ("openai", "claude-console", "gemini")),
        ("responses", ("openai-responses", "claude-console")),
        ("gemini", ("gemini", "claude-console", "openai")),
    ]
    names = [(f"refusals {client} {place}", place) for client, on in pairs for place in on]
    names += [(f"node {place}", place) for place in ("claude-console", "openai", "gemini")]
    return [replace(by_name[place], name=name) for name, place in names]


def connect(place: Place, gateway, card: dict, upstream_url: str) -> dict:
    """Makes the organisation; gives what a test must know of it."""
    owner = Manage.sign_up(card)
    gateway.credit(owner.slug, 100)
    form = {"name": place.name, "base_url": upstream_url} | place.account
    owner.call("POST", f"/accounts/{place.platform}", form)
    return {
        "name": place.name,
        "model": place.model,
        "key": owner.key()["secret"],
        "owner": owner.token,
    }
