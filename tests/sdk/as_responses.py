"""OpenAI's SDK on Responses: asks, and tells what its objects said."""

import base64
import json

import openai

from as_chat import Chat
from said import ANSWER_TOKENS_MAX, TOOL, TOOL_SAYS, TOOL_SCHEMA, Ask, Said


class Failed(openai.OpenAIError):
    """A stream that ended in `response.failed`, which the SDK hands on like any other event."""


class Responses(Chat):
    """A client of `/openai/v1`, or another of OpenAI's SDK."""

    name = "responses"
    error = openai.OpenAIError

    def say(self, model: str, ask: Ask) -> Said:
        responses, fields = self.sdk.responses, self.fields(ask)
        form = {"text_format": ask.form} if ask.form else {}
        if ask.stream:
            with responses.stream(model=model, **fields, **form) as stream:
                events = list(stream)
            numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
            assert numbers == sorted(set(numbers)), numbers
            # The SDK's own `get_final_response` knows no response that is cut short.
            last = events[-1]
            if last.type == "response.failed":
                raise Failed(last.response.error.message)
            assert last.type in ("response.completed", "response.incomplete"), last
            said = told(last.response)
            pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
            assert "".join(pieces) == said.text, pieces
            return said
        return told((responses.parse if form else responses.create)(model=model, **fields, **form))

    def fields(self, ask: Ask) -> dict:
        content = [{"type": "input_text", "text": ask.text}]
        if ask.image:
            url = f"data:image/png;base64,{base64.b64encode(ask.image).decode()}"
            content.append({"type": "input_image", "image_url": url, "detail": "auto"})
        items = [{"role": "user", "content": content}]
        if ask.after:
            calls = [item for item in ask.after.turn if item.type == "function_call"]
            items += ask.after.turn
            items += [
                {"type": "function_call_output", "call_id": call.call_id, "output": result}
                for call, result in zip(calls, ask.results, strict=True)
            ]
        fields = {"input": items, "max_output_tokens": ANSWER_TOKENS_MAX, "store": False}
        if ask.system:
            fields["instructions"] = ask.system
        if ask.tools:
            tool = {"type": "function", "name": TOOL, "description": TOOL_SAYS, "parameters": TOOL_SCHEMA}
            fields["tools"] = [tool | {"strict": True}]
        if ask.thinking:
            fields["reasoning"] = {"effort": "medium", "summary": "auto"}
            fields["include"] = ["reasoning.encrypted_content"]
        return fields


def told(response) -> Said:
    assert response.object == "response" and response.error is None, response
    usage = response.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens, usage
    calls = [item for item in response.output if item.type == "function_call"]
    thoughts = [item for item in response.output if item.type == "reasoning"]
    if response.status == "incomplete":
        stop = {"max_output_tokens": "length", "content_filter": "refused"}[response.incomplete_details.reason]
    else:
        assert response.status == "completed", response
        stop = "calls" if calls else "end"
    return Said(
        text=response.output_text,
        stop=stop,
        prompt=usage.input_tokens,
        cached=usage.input_tokens_details.cached_tokens,
        output=usage.output_tokens,
        reasoning=usage.output_tokens_details.reasoning_tokens,
        calls=[(call.name, json.loads(call.arguments)) for call in calls],
        thinking="".join(part.text for item in thoughts for part in item.summary),
        parsed=getattr(response, "output_parsed", None),
        turn=response.output,
    )
