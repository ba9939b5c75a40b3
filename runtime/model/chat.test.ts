/**
 * Templates in the style of those that models ship. The expected texts are those that Jinja 3.1 gives under
 * transformers' options (trim_blocks, lstrip_blocks, loopcontrols, its tojson and raise_exception).
 */
import { describe, expect, it } from "vitest";
import { ChatTemplate, ChatTemplateError, type ChatMessage, type ChatOptions } from "./chat.ts";

const settings = { bos_token: "<s>", eos_token: { content: "</s>", lstrip: false }, pad_token: null };
const render = (template: string, messages: readonly ChatMessage[], options?: ChatOptions): string =>
  new ChatTemplate(template, settings, "demo").render(messages, options);
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ChatTemplateError);
    return (error as Error).message;
  }
  throw new Error("no fault was found");
}

const chatml = `{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
Help.<|im_end|>
' }}{% endif %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}`;

const llama2 =
  "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}" +
  "{% else %}{% set rest = messages %}{% set system = false %}{% endif %}{% for message in rest %}" +
  "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate!') }}{% endif %}" +
  "{% if loop.index0 == 0 and system != false %}{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + message['content'] %}" +
  "{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}" +
  "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";

const llama3 = `{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}

{#- The system message goes first. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = "" %}
{%- endif %}
{{- "<|head|>system<|end|>\\n\\nToday: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n" }}
    {%- endfor %}
{%- endif %}
{{- system + "<|eot|>" }}
{%- for message in messages %}
    {{- '<|head|>' + message['role'] + '<|end|>\\n\\n'+ message['content'] | trim + '<|eot|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|head|>assistant<|end|>\\n\\n' }}
{%- endif %}
`;

const qwen3 = `{%- if tools %}
    {{- '# Tools' }}
    {%- for tool in tools %}
        {{- "\\n" + (tool | tojson) }}
    {%- endfor %}
    {{- "\\n" }}
{%- endif %}
{%- set ns = namespace(searching=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.searching and message.role == "user" and not message.content.startswith('<tool>') %}
        {%- set ns.searching = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- set thoughts = '' %}
    {%- if '</think>' in content %}
        {%- set thoughts = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if loop.index0 > ns.last and thoughts %}
        {{- '<think>\\n' + thoughts + '\\n</think>\\n\\n' }}
    {%- endif %}
    {{- content }}
    {%- for call in message.tool_calls or [] %}
        {{- '\\n{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}' }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}`;

const hello: ChatMessage[] = [{ role: "user", content: "Hello" }];
const talk: ChatMessage[] = [
  { role: "system", content: "Be brief. " },
  { role: "user", content: " Hi \n" },
  { role: "assistant", content: "<think>\nhm\n</think>\n\nHello!" },
  { role: "user", content: "And {{ x }} é 😀?" },
];

describe("a chat template", () => {
  it("renders as ChatML", () => {
    expect(render(chatml, hello)).toBe(
      "<|im_start|>system\nHelp.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
    );
    expect(render(chatml, hello, { addGenerationPrompt: false })).toBe(
      "<|im_start|>system\nHelp.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n",
    );
    expect(render(chatml, talk)).toBe(
      "<|im_start|>system\nBe brief. <|im_end|>\n<|im_start|>user\n Hi \n<|im_end|>\n" +
        "<|im_start|>assistant\n<think>\nhm\n</think>\n\nHello!<|im_end|>\n<|im_start|>user\nAnd {{ x }} é 😀?<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  it("renders as Llama 2", () => {
    expect(render(llama2, talk)).toBe(
      "<s>[INST] <<SYS>>\nBe brief. \n<</SYS>>\n\n Hi [/INST] <think>\nhm\n</think>\n\nHello! </s><s>[INST] And {{ x }} é 😀? [/INST]",
    );
    expect(refusal(() => render(llama2, [...hello, ...hello]))).toBe(
      "demo: the chat template refuses the conversation (Roles must alternate!); fix: give messages as it says",
    );
  });

  it("renders as Llama 3, without asking the clock", () => {
    const expected = (date: string): string =>
      `<s><|head|>system<|end|>\n\nToday: ${date}\n\n<|eot|><|head|>user<|end|>\n\nHello<|eot|><|head|>assistant<|end|>\n\n`;
    expect(render(llama3, hello)).toBe(expected("26 Jul 2024"));
    expect(render(llama3, hello, { variables: { date_string: "today" } })).toBe(expected("today"));
    expect(render(llama3, hello, { date: new Date("2025-03-09T23:59:59Z") })).toBe(expected("09 Mar 2025"));
    const tools = [{ name: "f", of: ["a", 1, true, null] }];
    expect(render(llama3, [talk[0]!], { tools, addGenerationPrompt: false })).toBe(
      `<s><|head|>system<|end|>\n\nToday: 26 Jul 2024\n\n{\n    "name": "f",\n    "of": [\n        "a",\n        1,\n        true,\n        null\n    ]\n}\nBe brief.<|eot|>`,
    );
  });

  it("renders as Qwen3, with tools and without thoughts of the past", () => {
    expect(render(qwen3, talk)).toBe(
      "<|im_start|>system\nBe brief. <|im_end|>\n<|im_start|>user\n Hi \n<|im_end|>\n<|im_start|>assistant\nHello!<|im_end|>\n" +
        "<|im_start|>user\nAnd {{ x }} é 😀?<|im_end|>\n<|im_start|>assistant\n",
    );
    expect(render(qwen3, talk.slice(1, 3), { addGenerationPrompt: false })).toContain(
      "assistant\n<think>\nhm\n</think>\n\nHello!<|im_end|>\n",
    );
    expect(render(qwen3, hello, { variables: { enable_thinking: false } })).toMatch(
      /assistant\n<think>\n\n<\/think>\n\n$/,
    );
    const calls: ChatMessage[] = [
      ...hello,
      { role: "assistant", content: null, tool_calls: [{ function: { name: "f", arguments: { a: 1, b: "é<" } } }] },
    ];
    expect(render(qwen3, calls, { tools: [{ f: "é" }], addGenerationPrompt: false })).toBe(
      `# Tools\n{"f": "é"}\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n\n{"name": "f", "arguments": {"a": 1, "b": "é<"}}<|im_end|>\n`,
    );
  });

  it("removes the space around blocks, and knows macros and loop controls", () => {
    const blocks =
      "{% for m in messages %}\n    {% if m.role == 'user' %}\nUser: {{ m.content }}{{ nothing }}{{ pad_token }}\n    {% endif %}\n{% endfor %}\nEnd\n";
    expect(render(blocks, talk)).toBe("User:  Hi \n\nUser: And {{ x }} é 😀?\nEnd");
    const macro =
      "{%- macro turn(role, text) -%}\n<{{ role }}>{{ text }}\n{% endmacro -%}{%- for m in messages -%}{%- if m.role == 'system' %}{% continue %}{% endif -%}" +
      "{{ turn(m.role, m.content | trim) }}{%- endfor -%}{{ range(1, 8, 3) | join(',') }}";
    expect(render(macro, talk.slice(0, 2))).toBe("<user>Hi\n1,4,7");
  });

  it("is the same whatever the clock says", () => {
    expect(refusal(() => render("{{ strftime_now('%Y') }}", hello))).toMatch(
      /^demo: the chat template cannot be rendered \(.+\); fix: give `date`, which it may ask for, /,
    );
    const date = new Date("2024-02-29T04:05:06Z");
    expect(render("{{ strftime_now('%A %a %d %B %b %m %Y %y %H:%M:%S %%') }}", hello, { date })).toBe(
      "Thursday Thu 29 February Feb 02 2024 24 04:05:06 %",
    );
    expect(refusal(() => render("{{ strftime_now('%Q') }}", hello, { date }))).toContain(
      "(strftime_now: %Q is not supported)",
    );
  });
});

describe("what is wrong with a chat", () => {
  it("is said of templates", () => {
    expect(refusal(() => new ChatTemplate(undefined, {}, "demo"))).toBe(
      "demo: this model has no chat template; fix: give it a text to continue, or use the checkpoint of its chat or instruct version",
    );
    for (const broken of [
      "{% if",
      "{% if x %}",
      "{{ 'a }}",
      "{% nonsense %}",
      "{# never closed",
      "{{ }}",
      "{% for x %}{% endfor %}",
      "{{ a b }}",
      "{{ messages | nonsense }}",
    ]) {
      expect(refusal(() => new ChatTemplate(broken, {}, "demo"))).toMatch(
        /^demo: the chat template does not parse \([^\n]+\); fix: correct it/,
      );
    }
    for (const failing of [
      "{{ messages.nonsense() }}",
      "{{ nonsense() }}",
      "{{ range(10 ** 9) }}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{{ 1 + none }}",
    ]) {
      expect(refusal(() => render(failing, hello))).toMatch(
        /^demo: the chat template cannot be rendered \(.+\); fix: give the messages/,
      );
    }
    expect(refusal(() => new ChatTemplate("", { bos_token: 1 }, "demo"))).toContain(
      "demo: bos_token is neither a text nor an object",
    );
  });

  it.each([
    [null, "messages: they are not a list"],
    ["Hello", "messages: they are not a list"],
    [[], "messages: there are none"],
    [["Hello"], "messages[0]: it is not an object"],
    [[null], "messages[0]: it is not an object"],
    [[{ content: "x" }], "messages[0]: its role is not a text"],
    [[...hello, { role: "", content: "x" }], "messages[1]: its role is not a text"],
    [[{ role: "user" }], "messages[0]: its content is not a text"],
    [[{ role: "user", content: 5 }], "messages[0]: its content is not a text"],
    [[{ role: "user", content: [{ type: "text", text: "x" }] }], "messages[0]: its content is not a text"],
  ])("is said of %j", (messages, expected) => {
    expect(refusal(() => render(chatml, messages as ChatMessage[]))).toBe(
      `${expected}; fix: give [{ role: "user", content: "…" }, …]`,
    );
  });
});
