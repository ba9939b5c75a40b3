/**
 * The page: loads the model, continues texts, and tests the GPU. Everything it computes comes from treefold-runtime.
 */
import { loadModel, openDevice, type Device, type Model, type Program } from "treefold-runtime";
import { compareGolden, examine } from "./self-test.ts";
import * as view from "./view.ts";
import { figuresText, notServed, problemOf } from "./words.ts";

/** The library, beside the page. */
const library = new URL("./model/", document.baseURI);
/** Bytes of weights that are loaded without being asked. */
const unasked = 64e6;

let loaded: { readonly device: Device; readonly model: Model } | undefined;
let generating: AbortController | undefined;

async function load(): Promise<void> {
  release();
  if (library.protocol === "file:") return view.showProblem(notServed);
  let device: Device | undefined;
  try {
    view.showLoading("Looking for a GPU");
    let isSoftware = false;
    device = await openDevice({
      notify: () => {
        isSoftware = true;
      },
    });
    view.showAdapter(device.info, isSoftware);
    const program = (): Promise<Program> => import(new URL("forward.js", library).href) as Promise<Program>;
    const model = await loadModel(program, library, { device, progress: view.showLoading, accept: "invariant" });
    loaded = { device, model };
    view.setBusy(undefined);
    view.showModel(model);
  } catch (error) {
    device?.dispose();
    view.showProblem(problemOf(error));
  }
}

/** Where the model can't be used any more, only loading it again helps. */
function fail(error: unknown): void {
  const problem = problemOf(error);
  if (problem.ends) release();
  view.showProblem(problem);
}

function release(): void {
  loaded?.model.dispose();
  loaded?.device.dispose();
  loaded = undefined;
}

async function generate(): Promise<void> {
  if (loaded === undefined || generating !== undefined) return;
  const { model } = loaded;
  const { signal } = (generating = new AbortController());
  const text = view.prompt.value;
  const given = model.manifest.tokenizer === null ? text.split(",").map(Number) : text;
  view.setBusy("generating");
  view.startOutput(text);
  const started = performance.now();
  const times: number[] = [];
  const figures = (ending = ""): void => view.showFigures(figuresText(started, times, ending));
  try {
    for await (const piece of model.generate(given, { maxTokens: view.tokens.valueAsNumber, signal })) {
      times.push(performance.now());
      view.addOutput(typeof given === "string" ? piece.text : `,${piece.id}`, piece.id);
      figures();
    }
  } catch (error) {
    if (times.length === 0) view.hideOutput();
    if (signal.aborted) figures("stopped");
    else fail(error);
  } finally {
    generating = undefined;
    view.setBusy(undefined);
  }
}

async function check(): Promise<void> {
  if (loaded === undefined) return;
  const { model } = loaded;
  view.setBusy("testing");
  try {
    const progress = (what: string): void => view.showCheck(`${what} …`);
    const comparison = await compareGolden(model, progress);
    view.showComparison(comparison);
    view.showExamination(await examine(model, library, progress), comparison?.agrees);
    view.showCheck("");
  } catch (error) {
    view.showCheck("");
    fail(error);
  } finally {
    view.setBusy(undefined);
  }
}

view.form.addEventListener("submit", (event) => {
  event.preventDefault();
  void generate();
});
view.stopButton.addEventListener("click", () => generating?.abort());
view.checkButton.addEventListener("click", () => void check());
for (const button of [view.loadButton, view.againButton]) button.addEventListener("click", () => void load());
if (view.weightBytes <= unasked) void load();
else view.offerLoading();
