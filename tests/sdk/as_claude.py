"""Anthropic's SDK: asks, and tells what its objects said."""

import base64

import anthropic

from said import ANSWER_TOKENS_MAX, THINKING_BUDGET, TOOL, TOOL_SAYS, TOOL_SCHEMA, Ask, Said

STOPS = {"end_turn": "end", "tool_use": "calls", "max_tokens": "length", "refusal": "refused"}


class Claude:
    """A client of `/api`."""

    name = "claude"
    error = anthropic.APIError
    version = anthropic.__version__

    def __init__(self, base_url: str, key: str, mount: str = "/api", **options):
        self.sdk = anthropic.Anthropic(base_url=base_url + mount, api_key=key, **({"max_retries": 0} | options))

    def say(self, model: str, ask: Ask) -> Said:
        messages, fields = self.sdk.messages, self.fields(ask)
        form = {"output_format": ask.form} if ask.form else {}
        if ask.stream:
            with messages.stream(model=model, **fields, **form) as stream:
                pieces = list(stream.text_stream)
                message = stream.get_final_message()
            said = told(message)
            assert "".join(pieces) == said.text, pieces
            return said
        return told(messages.parse(model=model, **fields, **form) if form else messages.create(model=model, **fields))

    def fields(self, ask: Ask) -> dict:
        content = [{"type": "text", "text": ask.text}]
        if ask.image:
            source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(ask.image).decode()}
            content.insert(0, {"type": "image", "source": source})
        messages = [{"role": "user", "content": content}]
        if ask.after:
            calls = [block for block in ask.after.turn if block.type == "tool_use"]
            results = [
                {"type": "tool_result", "tool_use_id": call.id, "content": result}
                for call, result in zip(calls, ask.results, strict=True)
            ]
            messages += [{"role": "assistant", "content": ask.after.turn}, {"role": "user", "content": results}]
        fields = {"max_tokens": ANSWER_TOKENS_MAX, "messages": messages}
        if ask.system:
            fields["system"] = ask.system
        if ask.tools:
            fields["tools"] = [{"name": TOOL, "description": TOOL_SAYS, "input_schema": TOOL_SCHEMA}]
        if ask.thinking:
            fields["thinking"] = {"type": "enabled", "budget_tokens": THINKING_BUDGET}
        return fields


def told(message) -> Said:
    assert (message.type, message.role) == ("message", "assistant"), message
    usage, content = message.usage, message.content
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    texts = [block for block in content if block.type == "text"]
    details = usage.output_tokens_details
    return Said(
        text="".join(block.text for block in texts),
        stop=STOPS[message.stop_reason],
        prompt=usage.input_tokens + cached + written,
        cached=cached,
        output=usage.output_tokens,
        reasoning=details.thinking_tokens if details else 0,
        calls=[(block.name, block.input) for block in content if block.type == "tool_use"],
        thinking="".join(block.thinking for block in content if block.type == "thinking"),
        parsed=next((parsed for block in texts if (parsed := getattr(block, "parsed_output", None))), None),
        turn=content,
    )
