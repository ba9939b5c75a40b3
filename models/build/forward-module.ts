/**
 * The forward pass of one model as a module of its own: the code that a generated library runs, written by ts-morph
 * from what the architecture's definition (decoder.ts) does on a machine that takes notes.
 */
import { Project, VariableDeclarationKind, type SourceFile } from "ts-morph";
import {
  argmax,
  embed,
  logitsOf,
  runLayer,
  selectLast,
  type LayerCache,
  type StepValues,
} from "../architecture/decoder.ts";
import * as sampler from "../architecture/sampler.ts";
import { replaceWeights, type Layer, type Weight, type Weights } from "../architecture/weights.ts";
import type { WeightDeclaration } from "../checkpoint/checkpoint.ts";
import type { ModelConfig } from "../checkpoint/config.ts";
import type { KernelUse } from "../machine.ts";
import type { WeightStorage } from "../../runtime/model/convert.ts";
import { Recorder, textOf } from "./recorder.ts";

/** A weight as the library knows it. */
export interface StoredWeight {
  readonly declaration: WeightDeclaration;
  readonly storage: WeightStorage;
}

export interface ForwardModule {
  /** TypeScript. */
  readonly text: string;
  /** The kernels that it runs, by the names that it runs them by. */
  readonly uses: ReadonlyMap<string, KernelUse>;
}

/** The package that generated code imports, and nothing else. */
export const runtimePackage = "treefold-runtime";

const step: StepValues<string> = {
  ids: "step.ids",
  positions: "step.positions",
  slotOf: "step.slotOf",
  requestOf: "step.requestOf",
  pages: "step.pages",
  lastTokens: "step.lastTokens",
  cosine: "step.cosine",
  sine: "step.sine",
};
const cache: LayerCache<string> = { keys: "cache.keys", values: "cache.values" };
const residual = (config: ModelConfig): string => `f32 [tokens, ${config.hidden}]`;

export function writeForwardModule(config: ModelConfig, weights: Weights<StoredWeight>): ForwardModule {
  const file = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true }).createSourceFile("forward.ts");
  const uses = new Map<string, KernelUse>();
  file.addImportDeclaration({
    isTypeOnly: true,
    moduleSpecifier: runtimePackage,
    namedImports: ["Machine", "Step", "Tensor"],
  });
  declareWeights(file, weights);
  const named = replaceWeights(weights, ({ storage }): Weight<string> => ({ value: "", storage }));
  const top: Weights<Weight<string>> = {
    ...named,
    embedding: { ...named.embedding, value: "weights.embedding" },
    norm: { ...named.norm, value: "weights.norm" },
    head: { ...named.head, value: "weights.head" },
  };
  const note = (recorder: Recorder): void => recorder.uses.forEach((use, name) => uses.set(name, use));

  const all = new Recorder();
  const stream = embed(all, config, top, step);
  for (const { from, to, layer } of groupsOf(named.layers)) {
    const before = all.statements.length;
    const after = runLayer(all, config, layer, cache, step, stream);
    // The next layer starts where this one began, so one body does for all.
    if (after !== stream)
      throw new Error(`a layer leaves the residual stream in ${after}, and the next one looks for it in ${stream}`);
    const body = all.statements.splice(before);
    all.statements.push(
      `for (let index = ${from}; index < ${to}; index++) {`,
      "const layer = weights.layers[index]!;",
      "const cache = step.cache[index]!;",
      ...body,
      "}",
    );
  }
  const add: AddFunction = (name, docs, recorder, result, parameters) => {
    note(recorder);
    file.addFunction({
      isExported: true,
      name,
      returnType: "Tensor",
      docs: [docs],
      parameters: Object.entries({ machine: "Machine", ...parameters }).map(([parameter, type]) => ({
        name: parameter,
        type,
      })),
      statements: bodyOf(recorder, result, "step" in parameters ? "step" : undefined),
    });
  };
  add(
    "hidden",
    `Runs every layer; gives the residual stream, ${residual(config)}. The tokens' keys and values are in the ` +
      "cache afterwards.",
    all,
    stream,
    { weights: "Weights", step: "Step" },
  );
  const last = new Recorder();
  add(
    "lastOf",
    `The rows of each request's last token: f32 [requests, ${config.hidden}] of the stream, ${residual(config)}.`,
    last,
    selectLast(last, config, step, "stream"),
    { step: "Step", stream: "Tensor" },
  );
  const head = new Recorder();
  add(
    "logits",
    `Logits of rows of the stream: f32 [rows, ${config.vocabulary}] of f32 [rows, ${config.hidden}].`,
    head,
    logitsOf(head, config, top, "stream"),
    { weights: "Weights", stream: "Tensor", rows: "number" },
  );
  const greedy = new Recorder();
  add(
    "mostLikely",
    `The most likely id of each row of logits, the lowest of equals: u32 [rows] of f32 [rows, ${config.vocabulary}].`,
    greedy,
    argmax(greedy, config, "logits"),
    { logits: "Tensor", rows: "number" },
  );
  addSampler(config, add);
  file.formatText({ indentSize: 2 });
  return { text: file.getFullText(), uses };
}

/** A function of the module, which gives a tensor; its first parameter is the machine. */
type AddFunction = (
  name: string,
  docs: string,
  recorder: Recorder,
  result: string,
  parameters: Readonly<Record<string, string>>,
) => void;

/** The functions by which a token is chosen: each takes its tensors, and then what only the caller knows. */
function addSampler(config: ModelConfig, add: AddFunction): void {
  const vocabulary = `f32 [rows, ${config.vocabulary}]`;
  const define = <Names extends string>(
    name: string,
    docs: string,
    write: (machine: Recorder, config: ModelConfig, tensors: Readonly<Record<Names, string>>) => string,
    tensors: readonly Names[],
    numbers: readonly string[] = [],
  ): void => {
    const recorder = new Recorder(tensors);
    const result = write(
      recorder,
      config,
      Object.fromEntries(tensors.map((tensor) => [tensor, tensor])) as unknown as Record<Names, string>,
    );
    const typed = (names: readonly string[], type: string): Record<string, string> =>
      Object.fromEntries(names.map((one) => [one, type]));
    add(name, docs, recorder, result, { ...typed(tensors, "Tensor"), ...typed(["rows", ...numbers], "number") });
  };
  define(
    "summary",
    `Each row's largest logit, f32 [rows] of ${vocabulary}, and whether nothing can be chosen in it, u32 [rows].`,
    sampler.summary,
    ["logits", "largest", "unusable"],
  );
  define("logTotal", "The logarithm of each row's sum of exp(logit - largest): f32 [rows].", sampler.logTotal, [
    "logits",
    "largest",
  ]);
  define("logprob", "The logprob of one id in each row: f32 [rows].", sampler.logprob, [
    "logits",
    "ids",
    "largest",
    "logTotal",
    "output",
  ]);
  define("nextLikely", "The most likely id of each row after the previous one: u32 [rows].", sampler.nextLikely, [
    "logits",
    "previous",
    "output",
  ]);
  define("scaled", `Logits over the temperature: ${vocabulary}.`, sampler.scaled, ["logits", "settings"]);
  define(
    "edited",
    "The scaled logits, with those replaced that penalties or biases touch.",
    sampler.edited,
    ["logits", "scaled", "settings", "rowOf", "placeOf", "ids", "seenAndCount", "bias"],
    ["entries", "places"],
  );
  define("weights", `exp(scaled - largest): ${vocabulary}.`, sampler.weights, ["scaled", "largest"]);
  define(
    "narrowCount",
    "Two more bits of top-k's threshold: u32 [rows].",
    sampler.narrowCount,
    ["scaled", "words", "prefix", "output"],
    ["shift"],
  );
  define(
    "narrowMass",
    "Two more bits of top-p's threshold: u32 [rows].",
    sampler.narrowMass,
    ["scaled", "weights", "settings", "floor", "prefix", "output"],
    ["shift"],
  );
  define(
    "scores",
    `${vocabulary}: the largest of a row is at the chosen id. What weights() gave is gone.`,
    sampler.scores,
    ["scaled", "largest", "threshold", "settings", "words"],
  );
}

/** Layers next to each other whose weights are stored alike, so that they run the same kernels. */
function groupsOf(
  layers: readonly Layer<Weight<string>>[],
): { readonly from: number; readonly to: number; readonly layer: Layer<Weight<string>> }[] {
  const groups: { from: number; to: number; key: string; layer: Layer<Weight<string>> }[] = [];
  layers.forEach((stored, index) => {
    const key = JSON.stringify(stored);
    const group = groups.at(-1);
    if (group?.key === key) group.to = index + 1;
    else groups.push({ from: index, to: index + 1, key, layer: namedLayer(stored) });
  });
  return groups;
}

function namedLayer(stored: Layer<Weight<string>>): Layer<Weight<string>> {
  const entries = Object.entries<Weight<string>>({ ...stored }).map(([name, { storage }]) => [
    name,
    { value: `layer.${name}`, storage },
  ]);
  return Object.fromEntries(entries) as Layer<Weight<string>>;
}

/** `from` is what knows the extents that the body mentions; undefined where they are parameters. */
function bodyOf(recorder: Recorder, result: string, from: "step" | undefined): string[] {
  const extents = [...recorder.extents];
  return [
    ...(from === undefined || extents.length === 0 ? [] : [`const { ${extents.join(", ")} } = ${from};`]),
    ...recorder.temporaries.map(
      ({ identifier, name, storage, shape }) =>
        `const ${identifier} = machine.temporary(${JSON.stringify(name)}, ${JSON.stringify(storage)}, ` +
        `${textOf(shape)});`,
    ),
    ...recorder.statements,
    `return ${result};`,
  ];
}

/** Types of the weights, with what each is in its comment. */
function declareWeights(file: SourceFile, weights: Weights<StoredWeight>): void {
  const describe = ({ declaration: { shape }, storage }: StoredWeight): string => `${storage} [${shape.join(", ")}]`;
  const property = (
    name: string,
    docs: string,
  ): { name: string; type: string; isReadonly: boolean; docs: string[] } => ({
    name,
    type: "Tensor",
    isReadonly: true,
    docs: [docs],
  });
  const [first] = weights.layers;
  file.addInterface({
    isExported: true,
    name: "Layer",
    docs: ["The weights of one layer."],
    properties: Object.keys({ ...first! }).map((name) => {
      const kinds = new Set(weights.layers.map((layer) => describe({ ...layer }[name as keyof Layer<StoredWeight>]!)));
      return property(name, [...kinds].join(", or "));
    }),
  });
  file.addInterface({
    isExported: true,
    name: "Weights",
    properties: [
      property("embedding", describe(weights.embedding)),
      { name: "layers", type: "readonly Layer[]", isReadonly: true },
      property("norm", describe(weights.norm)),
      property("head", `${describe(weights.head)}${weights.head === weights.embedding ? ": the embedding" : ""}`),
    ],
  });
}

/** The library's entry: what a user imports. */
export function writeIndexModule(): string {
  const file = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true }).createSourceFile("index.ts");
  file.addImportDeclaration({
    isTypeOnly: true,
    moduleSpecifier: runtimePackage,
    namedImports: ["LoadOptions", "Model"],
  });
  file.addVariableStatement({
    isExported: true,
    declarationKind: VariableDeclarationKind.Const,
    docs: ["The library's folder."],
    declarations: [{ name: "folder", type: "URL", initializer: 'new URL("./", import.meta.url)' }],
  });
  file.addFunction({
    isExported: true,
    isAsync: true,
    name: "load",
    returnType: "Promise<Model>",
    docs: ["Opens a device, unless one is given, and loads the model. @throws RuntimeError"],
    parameters: [{ name: "options", type: "LoadOptions", initializer: "{}" }],
    statements: [
      "const { loadModel } = await runtime();",
      'return loadModel(() => import("./forward.js"), folder, options);',
    ],
  });
  const runtimeType = `typeof import("${runtimePackage}")`;
  file.addFunction({
    isAsync: true,
    name: "runtime",
    returnType: `Promise<${runtimeType}>`,
    docs: [
      "The runtime that is installed beside the library; where npm has only linked the library's folder, the " +
        "one beside the program.",
    ],
    statements: (writer) => {
      writer.write("try").block(() => writer.writeLine(`return await import("${runtimePackage}");`));
      writer.write("catch (error)").block(() => {
        writer.writeLine('if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw error;');
        writer.writeLine(
          'const [{ createRequire }, { join }, { pathToFileURL }] = await Promise.all([import("node:module"), ' +
            'import("node:path"), import("node:url")]);',
        );
        writer.write('for (const beside of [process.argv[1], join(process.cwd(), "program.js")])').block(() => {
          writer.write("try").block(() => {
            writer.writeLine(
              `return await (import(pathToFileURL(createRequire(beside!).resolve("${runtimePackage}")).href) ` +
                `as Promise<${runtimeType}>);`,
            );
          });
          writer.write("catch (reason)").block(() => {
            writer.writeLine(
              'if (!["MODULE_NOT_FOUND", "ERR_INVALID_ARG_VALUE", "ERR_INVALID_ARG_TYPE"].includes(String((reason ' +
                "as { code?: unknown }).code))) throw reason;",
            );
          });
        });
        writer.writeLine(
          `throw new Error(\`${runtimePackage} is installed neither beside \${folder.href} nor beside the ` +
            `program; fix: npm install the tarball of ${runtimePackage}\`, { cause: error });`,
        );
      });
    },
  });
  file.addExportDeclaration({
    isTypeOnly: true,
    moduleSpecifier: runtimePackage,
    namedExports: ["LoadOptions", "Model"],
  });
  file.formatText({ indentSize: 2 });
  return file.getFullText();
}
