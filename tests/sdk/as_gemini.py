"""Google's Gen AI SDK: asks, and tells what its objects said."""

from google import genai
from google.genai import errors, types

from said import ANSWER_TOKENS_MAX, THINKING_BUDGET, TOOL, TOOL_SAYS, TOOL_SCHEMA, Ask, Said

STOPS = {"STOP": "end", "MAX_TOKENS": "length", "SAFETY": "refused"}


class Gemini:
    """A client of `/gemini`."""

    name = "gemini"
    error = errors.APIError
    version = genai.__version__

    def __init__(self, base_url: str, key: str, mount: str = "/gemini", **options):
        self.sdk = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=base_url + mount, **options))

    def say(self, model: str, ask: Ask) -> Said:
        contents, config = self.contents(ask), self.config(ask)
        if ask.stream:
            return told(list(self.sdk.models.generate_content_stream(model=model, contents=contents, config=config)))
        return told([self.sdk.models.generate_content(model=model, contents=contents, config=config)])

    def contents(self, ask: Ask) -> list[types.Content]:
        parts = [types.Part.from_text(text=ask.text)]
        if ask.image:
            parts.append(types.Part.from_bytes(data=ask.image, mime_type="image/png"))
        contents = [types.Content(role="user", parts=parts)]
        if ask.after:
            calls = [part.function_call for part in ask.after.turn.parts if part.function_call]
            results = []
            for call, result in zip(calls, ask.results, strict=True):
                part = types.Part.from_function_response(name=call.name, response={"result": result})
                part.function_response.id = call.id
                results.append(part)
            contents += [ask.after.turn, types.Content(role="user", parts=results)]
        return contents

    def config(self, ask: Ask) -> types.GenerateContentConfig:
        config = types.GenerateContentConfig(max_output_tokens=ANSWER_TOKENS_MAX)
        if ask.system:
            config.system_instruction = ask.system
        if ask.tools:
            schema = {key: value for key, value in TOOL_SCHEMA.items() if key != "additionalProperties"}
            function = types.FunctionDeclaration(name=TOOL, description=TOOL_SAYS, parameters_json_schema=schema)
            config.tools = [types.Tool(function_declarations=[function])]
        if ask.thinking:
            config.thinking_config = types.ThinkingConfig(include_thoughts=True, thinking_budget=THINKING_BUDGET)
        if ask.form:
            config.response_mime_type = "application/json"
            config.response_schema = ask.form
        return config


def told(chunks: list) -> Said:
    candidates = [chunk.candidates[0] for chunk in chunks if chunk.candidates]
    parts = [part for one in candidates for part in (one.content.parts if one.content else None) or []]
    reasons = [one.finish_reason.value for one in candidates if one.finish_reason]
    assert len(reasons) == 1 and candidates[-1].finish_reason, reasons
    usage = chunks[-1].usage_metadata
    calls = [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
    shown, thought = usage.candidates_token_count or 0, usage.thoughts_token_count or 0
    assert usage.total_token_count == usage.prompt_token_count + shown + thought, usage
    stop = STOPS[reasons[0]]
    return Said(
        text="".join(part.text for part in parts if part.text and not part.thought),
        stop="calls" if calls and stop == "end" else stop,
        prompt=usage.prompt_token_count,
        cached=usage.cached_content_token_count or 0,
        output=shown + thought,
        reasoning=thought,
        calls=calls,
        thinking="".join(part.text for part in parts if part.text and part.thought),
        parsed=chunks[0].parsed if len(chunks) == 1 else None,
        turn=candidates[0].content.model_copy(update={"parts": parts}) if parts else None,
    )
