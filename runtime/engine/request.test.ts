/** What a request is made of, and what is said of one that is made of something else: on a model without a device. */
import { describe, expect, it } from "vitest";
import { ChatTemplate, ChatTemplateError } from "../model/chat.ts";
import { RequestError } from "../errors.ts";
import { asksForEngine, checkOptions } from "../model/options.ts";
import type { Model } from "../model/model.ts";
import { checkRequest, type EngineRequest } from "./request.ts";
import { Submission } from "./submission.ts";
import { Group } from "./sequence.ts";

const encode = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0) % 100);
const modelWith = (template: string | undefined): Model =>
  ({
    config: { vocabulary: 128, maxPositions: 256, endIds: [0] },
    tokenizer: { encode },
    chatIds: (messages: never, options: never) =>
      encode(new ChatTemplate(template, {}, "model 'demo'").render(messages, options)),
  }) as unknown as Model;
const chatty = modelWith(
  "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ '>' if add_generation_prompt }}{{ day }}",
);
const hello = [{ role: "user", content: "Hi" }];

function refusal(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("no fault was found");
}
const submit = (request: unknown, model = chatty): { readonly prompt: readonly number[] } =>
  checkRequest(request as EngineRequest, model, 100);

describe("a request", () => {
  it("takes a text, ids or a conversation", () => {
    expect(submit({ prompt: "Hi" }).prompt).toEqual(encode("Hi"));
    expect(submit({ prompt: [1, 2] }).prompt).toEqual([1, 2]);
    expect(submit({ messages: hello, temperature: 0.5 }).prompt).toEqual(encode("<user>Hi>"));
    expect(
      submit({ messages: hello, chat: { addGenerationPrompt: false, variables: { day: "Monday" } } }).prompt,
    ).toEqual(encode("<user>HiMonday"));
  });

  const examples = 'as in submit({ messages: [{ role: "user", content: "…" }] })';
  it.each<[unknown, string]>([
    [
      {},
      `request: it has neither a prompt nor messages; fix: give a prompt, a text or token ids, or messages, ${examples}`,
    ],
    [
      { prompt: "x", messages: hello },
      "request: it has both a prompt and messages; fix: give one of them: a text to continue, or a conversation to answer",
    ],
    [
      { prompt: "x", chat: { tools: [] } },
      `request: it has chat's options and no messages; fix: give messages, ${examples}`,
    ],
    [
      { messages: hello, tools: [] },
      "options of a request: there is no 'tools'; fix: give it with the messages, as in submit({ messages, chat: { tools: … } })",
    ],
    [
      { messages: hello, variables: {} },
      "options of a request: there is no 'variables'; fix: give it with the messages, as in submit({ messages, chat: { variables: … } })",
    ],
    [{ messages: "Hi" }, 'messages: they are not a list; fix: give [{ role: "user", content: "…" }, …]'],
    [
      { prompt: "x", temprature: 1 },
      "options of a request: there is no 'temprature' (did you mean 'temperature'?); fix: use any of prompt, messages, chat,",
    ],
    [
      { prompt: "x", max_tokens: 1 },
      "options of a request: there is no 'max_tokens' (did you mean 'maxTokens'?); fix: use any of",
    ],
    [{ message: hello }, "options of a request: there is no 'message' (did you mean 'messages'?)"],
    [{ prompt: "x", constructor: 1 }, "options of a request: there is no 'constructor'"],
    [hello, "options of a request: a list is no object; fix: give an object with any of prompt, messages,"],
    ["Hi", "options of a request: Hi is no object; fix: give an object with any of prompt, messages,"],
  ])("that is made otherwise is refused: %j", (request, expected) => {
    const error = refusal(() => submit(request));
    expect(error.message).toContain(expected);
    expect([RequestError, ChatTemplateError].some((kind) => error instanceof kind)).toBe(true);
  });

  it("with messages needs a model with a chat template", () => {
    const error = refusal(() => submit({ messages: hello }, modelWith(undefined)));
    expect(error).toBeInstanceOf(ChatTemplateError);
    expect(error.message).toContain("model 'demo': this model has no chat template; fix: give it a text to continue");
  });
});

describe("options of what completes greedily", () => {
  it.each(["temperature", "topK", "topP", "seed", "stop", "n", "topLogprobs", "logitBias"])(
    "name the Engine where they ask to sample: %s",
    (name) => {
      expect(
        refusal(() => checkOptions("generate", { [name]: 1 }, ["maxTokens", "signal"], asksForEngine)).message,
      ).toBe(
        `options of generate: there is no '${name}'; fix: ask an Engine, which samples: new Engine(model).submit({ prompt, ${name}: … })`,
      );
    },
  );

  it("name the nearest one otherwise", () => {
    expect(
      refusal(() => checkOptions("generate", { maxtokens: 1 }, ["maxTokens", "signal"], asksForEngine)).message,
    ).toBe(
      "options of generate: there is no 'maxtokens' (did you mean 'maxTokens'?); fix: use any of maxTokens, signal",
    );
    expect(refusal(() => checkOptions("load", { weigths: "." }, ["device", "weights"])).message).toContain(
      "(did you mean 'weights'?)",
    );
  });
});

describe("a result", () => {
  it("has the most likely ids at each place, of each completion its own", async () => {
    const checked = checkRequest({ prompt: [1], n: 2, maxTokens: 2, topLogprobs: 2 }, chatty, 100);
    const group = new Group(1, checked, undefined, 100);
    const sampled = (id: number): never =>
      ({
        id,
        logprob: -id,
        top: [
          { id, logprob: -id },
          { id: id + 1, logprob: -id - 1 },
        ],
        finite: true,
      }) as never;
    group.completions.forEach((completion, index) =>
      [2, 4].forEach((id) => completion.take(sampled(10 * index + id), () => false)),
    );
    const { completions } = await new Submission(group).result();
    expect(completions.map(({ top }) => top)).toEqual(
      [0, 10].map((of) =>
        [2, 4].map((id) => [
          { id: of + id, logprob: -of - id },
          { id: of + id + 1, logprob: -of - id - 1 },
        ]),
      ),
    );
    expect(completions.map(({ ids }) => ids)).toEqual([
      [2, 4],
      [12, 14],
    ]);
  });
});
