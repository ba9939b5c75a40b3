/** Templates and what Jinja made of them, written by spec/fixtures/jinja-cases.py; and what is refused, by name. */
import { describe, expect, it } from "vitest";
import table from "../../../spec/fixtures/jinja-cases.json" with { type: "json" };
import { Callable, fromJavaScript, JinjaError, JinjaRefusal, JinjaSyntaxError, Template, type Value } from "./index.ts";

interface Case {
  readonly template: string;
  readonly text?: string;
  /** The name of Python's exception. */
  readonly error?: string;
}
const cases = table.cases as readonly Case[];

class Raised extends Error {}
const variables = new Map<string, Value>([
  ...Object.entries(table.context).map(([name, value]): [string, Value] => [name, fromJavaScript(value, name)]),
  [
    "raise_exception",
    new Callable("raise_exception", () => {
      throw new Raised();
    }),
  ],
]);
const render = (template: string): string => new Template(template).render(variables);

function fault(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("no fault was found");
}

/** Templates of the table that this refuses, and by which words. */
const refused: Readonly<Record<string, string>> = {
  "{{ 'a'.upper }}": "a function is printed",
  "{{ (numbers | map('string')) }}": "a generator is printed",
  "{% block x %}{% endblock %}": "line 1: the tag 'block'",
};

describe("a template", () => {
  it.each(cases.filter(({ template, text }) => text !== undefined && !Object.hasOwn(refused, template)))(
    "gives what Jinja gives: $template",
    ({ template, text }) => {
      expect(render(template)).toBe(text);
    },
  );

  it.each(cases.filter(({ error }) => error !== undefined))(
    "fails where Jinja fails with a $error: $template",
    ({ template, error }) => {
      const found = fault(() => render(template));
      expect(found).not.toBeInstanceOf(JinjaRefusal);
      if (error === "TemplateSyntaxError") expect(found).toBeInstanceOf(JinjaSyntaxError);
      else
        expect(
          [JinjaError, JinjaSyntaxError, Raised, RangeError].some((kind) => found instanceof kind),
          String(found),
        ).toBe(true);
    },
  );

  it.each([
    ...Object.entries(refused),
    ["{% include 'x' %}", "line 1: the tag 'include'"],
    ["{% extends 'x' %}", "line 1: the tag 'extends'"],
    ["{% autoescape true %}{% endautoescape %}", "line 1: the tag 'autoescape'"],
    ["{% do 1 %}", "line 1: the tag 'do'"],
    ["{% import 'x' as y %}", "line 1: the tag 'import'"],
    ["{{ 'x' | urlize }}", "line 1: the filter 'urlize'"],
    ["{{ [] | random }}", "line 1: the filter 'random'"],
    ["{{ 'x' | wordwrap }}", "line 1: the filter 'wordwrap'"],
    ["\n{{ [] | groupby('a') }}", "line 2: the filter 'groupby'"],
    ["{% if false %}{{ 'x' | striptags }}{% endif %}", "line 1: the filter 'striptags'"],
    ["{{ 'x' is filter }}", "line 1: the test 'filter'"],
    ["{{ [1] | map('pprint') | list }}", "the filter 'pprint'"],
    ["{{ 'x'.encode('utf-8') }}", "line 1: the method 'encode'"],
    ["{% if false %}{{ 'x'.translate({}) }}{% endif %}", "line 1: the method 'translate'"],
    ["{{ 'x'['casefold'] }}", "the method 'casefold' of a str"],
    ["{{ (5).bit_length() }}", "the method 'bit_length' of a int"],
    ["{{ 2 ** 0.5 }}", "a power that is no integer"],
    ["{{ 2 ** -1 }}", "a power that is no integer"],
    ["{{ 9007199254740993 / 1 }}", "an integer beyond 2^53 becomes a float"],
    ["{{ '%e' % 1.5 }}", "the format '%e'"],
    ["{{ '{:>5}'.format(1) }}", "the format field '{:>5}'"],
    ["{{ '<' | safe + '>' }}", "a text marked as safe is used"],
    ["{{ '\\N{DASH}' }}", "line 1: a character is written by its name"],
    ["{{ '\u1f80x'.title() }}", "title of a character whose title case is not known here"],
    ["{{ lipsum() }}", "lipsum(), which is random"],
    ["{{ 1 is sameas 1 }}", "the test 'sameas' of values other than true, false and none"],
    ["{{ '\u00b2'.isdigit() }}", "the method 'isdigit' of a number"],
    ["{{ range(9)[1:3] }}", "a slice of a range"],
    ["{{ namespace() }}", "a Namespace is printed"],
    ["{{ '5' | int(0, 16) }}", "the filter 'int' with another base than 10"],
  ])("that would be rendered otherwise is refused: %s", (template, expected) => {
    const found = fault(() => render(template));
    expect(found).toBeInstanceOf(JinjaRefusal);
    expect((found as Error).message).toContain(expected);
  });

  it("refuses tags, filters, tests and methods before it renders anything", () => {
    for (const template of [
      "{% if false %}{% include 'x' %}{% endif %}",
      "{% if false %}{{ x | urlize }}{% endif %}",
      "{% if false %}{{ x is filter }}{% endif %}",
      "{% if false %}{{ x.encode() }}{% endif %}",
    ]) {
      expect(fault(() => new Template(template))).toBeInstanceOf(JinjaRefusal);
    }
  });

  it("takes what JavaScript hands over for what Python would have", () => {
    const of = (value: unknown): string => new Template("{{ x }}").render(new Map([["x", fromJavaScript(value, "x")]]));
    expect(of([1, 1.5, -0, 2n ** 70n, null, undefined, "a", true])).toBe(
      "[1, 1.5, 0, 1180591620717411303424, None, None, 'a', True]",
    );
    expect(of({ a: undefined, constructor: 1, __proto__x: { b: [] } })).toBe(
      "{'constructor': 1, '__proto__x': {'b': []}}",
    );
    expect(of(Object.assign(Object.create(null), { a: 1 }))).toBe("{'a': 1}");
    for (const odd of [2 ** 53, new Date(0), new Map(), Symbol("x"), [new Set()], { a: { b: /x/ } }])
      expect(fault(() => of(odd))).toBeInstanceOf(JinjaError);
  });

  it("comes from the table of a Jinja 3.1, with enough in it", () => {
    expect(table.jinja2).toMatch(/^3\.1\./);
    expect(cases.length).toBeGreaterThanOrEqual(150);
  });
});
