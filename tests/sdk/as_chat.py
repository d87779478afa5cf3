"""OpenAI's SDK on Chat Completions: asks, and tells what its objects said."""

import base64
import json

import openai

from said import ANSWER_TOKENS_MAX, TOOL, TOOL_SAYS, TOOL_SCHEMA, Ask, Said

STOPS = {"stop": "end", "tool_calls": "calls", "length": "length", "content_filter": "refused"}


class Chat:
    """A client of `/openai/v1`, or another of OpenAI's SDK."""

    name = "chat"
    error = openai.APIError
    version = openai.__version__

    def __init__(self, base_url: str, key: str, mount: str = "/openai/v1", sdk=None, **options):
        self.sdk = sdk or openai.OpenAI(base_url=base_url + mount, api_key=key, **({"max_retries": 0} | options))

    def say(self, model: str, ask: Ask) -> Said:
        completions, fields = self.sdk.chat.completions, self.fields(ask)
        form = {"response_format": ask.form} if ask.form else {}
        if ask.stream:
            with completions.stream(model=model, **fields, **form, stream_options={"include_usage": True}) as stream:
                pieces = [event.delta for event in stream if event.type == "content.delta"]
                # The SDK's own `get_final_completion` takes an answer that is cut short for a fault.
                completion = stream.get_final_completion() if form else stream.current_completion_snapshot
            said = told(completion)
            assert "".join(pieces) == said.text, pieces
            return said
        ways = completions.parse if form else completions.create
        return told(ways(model=model, **fields, **form))

    def fields(self, ask: Ask) -> dict:
        content = ask.text
        if ask.image:
            url = f"data:image/png;base64,{base64.b64encode(ask.image).decode()}"
            content = [{"type": "text", "text": ask.text}, {"type": "image_url", "image_url": {"url": url}}]
        messages = [{"role": "user", "content": content}]
        if ask.system:
            messages.insert(0, {"role": "system", "content": ask.system})
        if ask.after:
            messages.append(ask.after.turn)
            for call, result in zip(ask.after.turn.tool_calls, ask.results, strict=True):
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        fields = {"messages": messages, "max_completion_tokens": ANSWER_TOKENS_MAX}
        if ask.tools:
            function = {"name": TOOL, "description": TOOL_SAYS, "parameters": TOOL_SCHEMA, "strict": True}
            fields["tools"] = [{"type": "function", "function": function}]
        if ask.thinking:
            fields["reasoning_effort"] = "medium"
        return fields


def told(completion) -> Said:
    assert completion.object == "chat.completion" and len(completion.choices) == 1, completion
    choice, usage = completion.choices[0], completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage
    message = choice.message
    prompt, output = usage.prompt_tokens_details, usage.completion_tokens_details
    return Said(
        text=message.content or "",
        stop=STOPS[choice.finish_reason],
        prompt=usage.prompt_tokens,
        cached=(prompt.cached_tokens or 0) if prompt else 0,
        output=usage.completion_tokens,
        reasoning=(output.reasoning_tokens or 0) if output else 0,
        calls=[(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []],
        # No field of OpenAI's own, but one that many clients show.
        thinking=getattr(message, "reasoning_content", None) or "",
        parsed=getattr(message, "parsed", None),
        turn=message,
    )
