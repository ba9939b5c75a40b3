/**
 * A conversation to the text that a model was trained to continue, through the checkpoint's own chat template: Jinja,
 * as transformers renders it (leading and trailing space of blocks removed, `raise_exception`, `tojson`, special tokens
 * by name). The text holds its special tokens: encode it with `addSpecialTokens: false`. What of Jinja is not rendered
 * as Jinja 3.1 does is refused by name.
 */
import { RuntimeError } from "../errors.ts";
import { Callable, fromJavaScript, JinjaRefusal, Template, textOf, type Value } from "./jinja/index.ts";

/** A template that is missing, doesn't parse or refuses the conversation, or a conversation that is none. */
export class ChatTemplateError extends RuntimeError {}

export interface ChatMessage {
  /** `system`, `user`, `assistant`, or what else the template knows. */
  readonly role: string;
  /** May be null or absent beside `tool_calls`. */
  readonly content?: string | null;
  /** Fields that only some templates read, such as `tool_calls` and `reasoning_content`. */
  readonly [field: string]: unknown;
}

export interface ChatOptions {
  /** End where the model's answer begins; true if absent. */
  readonly addGenerationPrompt?: boolean;
  /** What the model may call, as the template's model expects it: JSON schemas of functions. */
  readonly tools?: readonly unknown[];
  /**
   * What `strftime_now` formats, in UTC. Without it there is no such function, and templates that ask for it first, as
   * Llama 3.2's does, fall back on a date of their own: the clock never decides what a model is asked.
   */
  readonly date?: Date;
  /** More variables of the template, such as Qwen3's `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export const chatNames = ["addGenerationPrompt", "tools", "date", "variables"] as const;

const giveMessages = 'give [{ role: "user", content: "…" }, …]';

export class ChatTemplate {
  readonly #template: Template;
  readonly #specialTokens: Readonly<Record<string, string>>;
  readonly #namesDate: boolean;

  /**
   * @param template the Jinja text; undefined where the checkpoint has none
   * @param settings what tokenizer_config.json says, for its special tokens
   * @param where the file or model that messages name
   * @throws ChatTemplateError if there is none or it doesn't parse
   */
  constructor(
    template: string | undefined,
    settings: Readonly<Record<string, unknown>>,
    private readonly where: string,
  ) {
    if (template === undefined) {
      throw new ChatTemplateError({
        where,
        what: "this model has no chat template",
        fix: "give it a text to continue, or use the checkpoint of its chat or instruct version",
      });
    }
    this.#specialTokens = specialTokensOf(settings, where);
    this.#namesDate = template.includes("strftime_now");
    try {
      this.#template = new Template(template);
    } catch (cause) {
      if (cause instanceof JinjaRefusal) throw refused(where, cause);
      throw new ChatTemplateError({
        where,
        what: `the chat template does not parse (${messageOf(cause)})`,
        fix: "correct it, or copy or download it again",
        cause,
      });
    }
  }

  /** @throws ChatTemplateError if the messages are none, or the template refuses them or asks for what there isn't */
  render(
    messages: readonly ChatMessage[],
    { addGenerationPrompt = true, tools, date, variables = {} }: ChatOptions = {},
  ): string {
    checkMessages(messages);
    // In order of precedence; a name that comes again is passed over.
    const values = [
      Object.entries({ messages, tools: tools ?? null, documents: null, add_generation_prompt: addGenerationPrompt }),
      Object.entries(variables),
      Object.entries(this.#specialTokens),
    ]
      .flat()
      .filter(([, value]) => value !== undefined)
      .reverse();
    try {
      const given = values.map(([name, value]): [string, Value] => [name, fromJavaScript(value, name)]);
      return this.#template.render(new Map([...this.#functions(date), ...given]));
    } catch (cause) {
      if (cause instanceof ChatTemplateError) throw cause;
      if (cause instanceof JinjaRefusal) throw refused(this.where, cause);
      const asksForDate = date === undefined && this.#namesDate;
      throw new ChatTemplateError({
        where: this.where,
        what: `the chat template cannot be rendered (${messageOf(cause)})`,
        fix: asksForDate
          ? "give `date`, which it may ask for, and the messages and variables that it expects"
          : "give the messages and variables that it expects",
        cause,
      });
    }
  }

  #functions(date: Date | undefined): [string, Value][] {
    const refuse = new Callable("raise_exception", ({ positional }) => {
      throw new ChatTemplateError({
        where: this.where,
        what: `the chat template refuses the conversation (${positional.map(textOf).join()})`,
        fix: "give messages as it says",
      });
    });
    const now =
      date === undefined
        ? []
        : [new Callable("strftime_now", ({ positional: [format] }) => formatDate(date, textOf(format ?? "")))];
    return [refuse, ...now].map((made) => [made.name, made]);
  }
}

/** Rendered otherwise it would be another prompt. */
function refused(where: string, cause: JinjaRefusal): ChatTemplateError {
  return new ChatTemplateError({
    where,
    what: `the chat template has ${cause.message}, which is not rendered as Jinja 3.1 does`,
    fix: "write it otherwise in the template, or render the prompt with transformers and give its text or ids",
    cause,
  });
}

const tokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/** The special tokens that the settings name, each as its text or as an object with that. @throws ChatTemplateError */
export function specialTokensOf(settings: Readonly<Record<string, unknown>>, where: string): Record<string, string> {
  return Object.fromEntries(
    tokenNames.flatMap((name): [string, string][] => {
      const value = settings[name] ?? null;
      if (value === null) return [];
      const text = typeof value === "object" ? (value as { content?: unknown }).content : value;
      if (typeof text === "string") return [[name, text]];
      throw new ChatTemplateError({
        where,
        what: `${name} is neither a text nor an object with a text as its content`,
        fix: "correct the file",
      });
    }),
  );
}

function checkMessages(messages: readonly ChatMessage[]): void {
  const refuse = (where: string, what: string): never => {
    throw new ChatTemplateError({ where, what, fix: giveMessages });
  };
  if (!Array.isArray(messages)) return refuse("messages", "they are not a list");
  if (messages.length === 0) return refuse("messages", "there are none");
  (messages as readonly unknown[]).forEach((message, index) => {
    const where = `messages[${index}]`;
    if (typeof message !== "object" || message === null || Array.isArray(message))
      return refuse(where, "it is not an object");
    const { role, content, tool_calls: calls } = message as ChatMessage;
    if (typeof role !== "string" || role === "") return refuse(where, "its role is not a text");
    if (typeof content !== "string" && !(Array.isArray(calls) && (content ?? null) === null))
      refuse(where, "its content is not a text");
  });
}

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Python's strftime for the directives that templates use, in English and UTC. */
function formatDate(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const [year, month, day] = [date.getUTCFullYear(), months[date.getUTCMonth()]!, days[date.getUTCDay()]!];
  const directives: Record<string, string> = {
    Y: String(year).padStart(4, "0"),
    y: two(year % 100),
    m: two(date.getUTCMonth() + 1),
    B: month,
    b: month.slice(0, 3),
    d: two(date.getUTCDate()),
    A: day,
    a: day.slice(0, 3),
    H: two(date.getUTCHours()),
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    "%": "%",
  };
  return format.replace(/%([^])/g, (_, letter: string) => {
    if (!Object.hasOwn(directives, letter)) throw new Error(`strftime_now: %${letter} is not supported`);
    return directives[letter]!;
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
