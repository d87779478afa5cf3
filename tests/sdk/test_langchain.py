"""LangChain's clients, one round each on their own platform and on a foreign one.

    python test_langchain.py STAGE_JSON

Called by run.py, in an environment that has them."""

import sys
from importlib.metadata import version

from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import AzureChatOpenAI, ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from staged import Staged, main
from test_openai import API_VERSION, vector


class Forecast(BaseModel):
    """A forecast."""

    city: str
    days: int


@tool
def weather(city: str) -> str:
    """Tells the weather of a city."""
    return f"Rain in {city}."


class LangChain(Staged):
    def models(self) -> list[tuple[str, BaseChatModel]]:
        """Every client on every kind of platform."""
        models = []
        for place in ("claude-console", "openai", "openai-responses", "gemini", "bedrock-nova"):
            base_url, key, model = self.place(place)
            openai = {"base_url": f"{base_url}/openai/v1", "api_key": key, "model": model, "max_retries": 0}
            claude = ChatAnthropic(base_url=f"{base_url}/api", api_key=key, model=model, max_retries=0)
            models.append((f"messages on {place}", claude))
            for way, responses in (("chat", False), ("responses", True)):
                client = ChatOpenAI(**openai, use_responses_api=responses, stream_usage=True)
                models.append((f"{way} on {place}", client))
        base_url, key, model = self.place("azure-deployments")
        azure = {"azure_endpoint": f"{base_url}/azure", "azure_deployment": model, "api_version": API_VERSION}
        models.append(("Azure's client", AzureChatOpenAI(**azure, api_key=key, max_retries=0, stream_usage=True)))
        return models

    def test_an_answer_plain_and_streamed(self):
        for name, model in self.models():
            with self.subTest(name):
                before = self.upstream.answer(texts=["One ", "two"], output=9)
                said = model.invoke("Count.")
                self.assertEqual((said.text, said.usage_metadata["output_tokens"]), ("One two", 9))
                whole = None
                for chunk in model.stream("Count."):
                    whole = chunk if whole is None else whole + chunk
                self.assertEqual((whole.text, whole.usage_metadata["output_tokens"]), ("One two", 9))
                told = [one["told"]["input"] for one in self.upstream.seen(before)]
                self.assertEqual(said.usage_metadata["input_tokens"], told[0])
                # The scripted upstream tells Claude's input as the stream begins, where this client does not look.
                if name != "messages on claude-console":
                    self.assertEqual(whole.usage_metadata["input_tokens"], told[1])

    def test_a_tool_and_its_result(self):
        for name, model in self.models():
            with self.subTest(name):
                bound = model.bind_tools([weather])
                self.upstream.answer(texts=[], calls=[{"name": "weather", "input": {"city": "Oslo"}}])
                talk = [HumanMessage("What is the weather in Oslo?")]
                called = bound.invoke(talk)
                calls = [(call["name"], call["args"]) for call in called.tool_calls]
                self.assertEqual(calls, [("weather", {"city": "Oslo"})])
                talk += [called, ToolMessage("Rain in Oslo.", tool_call_id=called.tool_calls[0]["id"])]
                before = self.upstream.answer(texts=["Take a coat."])
                self.assertEqual(bound.invoke(talk).text, "Take a coat.")
                self.assertIn("Rain in Oslo.", self.upstream.only(before)["body"])

    def test_a_structured_answer(self):
        """By each client's usual means: a schema, or a tool that must be called."""
        forecast = {"city": "Oslo", "days": 3}
        for name, model in self.models():
            with self.subTest(name):
                by_tool = isinstance(model, ChatAnthropic)
                if by_tool:
                    self.upstream.answer(texts=[], calls=[{"name": "Forecast", "input": forecast}])
                else:
                    self.upstream.answer(texts=['{"city": "Oslo", ', '"days": 3}'])
                self.assertEqual(model.with_structured_output(Forecast).invoke("Oslo?"), Forecast(**forecast))

    def test_embeddings(self):
        base_url, key, _ = self.place("openai")
        self.upstream.answer()
        embed = OpenAIEmbeddings(
            base_url=f"{base_url}/openai/v1",
            api_key=key,
            model="text-embedding-3-small",
            # Else it fetches a table by which it counts tokens.
            check_embedding_ctx_length=False,
        )
        self.assertEqual(embed.embed_documents(["one", "two"]), [vector(0), vector(1)])


if __name__ == "__main__":
    packages = ", ".join(f"{name} {version(name)}" for name in ("langchain-anthropic", "langchain-openai"))
    sys.exit(main(packages, LangChain))
