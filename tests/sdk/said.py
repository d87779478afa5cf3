"""What is asked of every client in the same words, and what its typed objects said, in no client's terms.

Never in here: any SDK."""

import base64
from dataclasses import dataclass, field
from typing import Any

# A transparent PNG of one pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
TOOL = "weather"
TOOL_SAYS = "Tells the weather of a city."
TOOL_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
ANSWER_TOKENS_MAX = 4000
THINKING_BUDGET = 2000


@dataclass
class Said:
    """An answer as its client tells it."""

    text: str
    # `end`, `calls`, `length` or `refused`.
    stop: str
    # All input, cached or not; how much of it came from a cache; all output; how much of that was thinking.
    prompt: int
    cached: int
    output: int
    reasoning: int
    # Name and arguments of each call.
    calls: list[tuple[str, dict]] = field(default_factory=list)
    thinking: str = ""
    parsed: Any = None
    # The answer as the client sends it back in the next turn.
    turn: Any = None


@dataclass
class Ask:
    """A question."""

    text: str
    system: str = ""
    image: bytes = b""
    tools: bool = False
    thinking: bool = False
    # A pydantic model that the answer is to fit.
    form: Any = None
    # The answer before, whose calls had these results.
    after: Said | None = None
    results: tuple[str, ...] = ()
    stream: bool = False
