/** The page's elements, and what they show. */
import type { DeviceInfo, Manifest, WeightsProgress } from "treefold-runtime";
import type { Comparison, Probe } from "./self-test.ts";
import { adapterText, bytesText, type Problem } from "./words.ts";

function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} '${id}'`);
}

function within(parent: HTMLElement, selector: string): HTMLElement {
  return parent.querySelector<HTMLElement>(selector)!;
}

const problem = element("problem", HTMLElement);
const loading = element("loading", HTMLElement);
const bar = element("bar", HTMLProgressElement);
const status = element("status", HTMLElement);
const adapter = element("adapter", HTMLElement);
const speak = element("speak", HTMLElement);
const output = element("output", HTMLElement);
const figures = element("figures", HTMLElement);
const test = element("test", HTMLElement);
const checkStatus = element("check-status", HTMLElement);
const golden = element("golden", HTMLElement);
const probes = element("probes", HTMLElement);
const footer = element("footer", HTMLElement);

export const form = element("form", HTMLFormElement);
export const prompt = element("prompt", HTMLTextAreaElement);
export const tokens = element("tokens", HTMLInputElement);
export const loadButton = element("load", HTMLButtonElement);
export const againButton = element("again", HTMLButtonElement);
export const stopButton = element("stop", HTMLButtonElement);
export const checkButton = element("check", HTMLButtonElement);
const generateButton = element("generate", HTMLButtonElement);

/** Bytes of the weights. */
export const weightBytes = Number(document.body.dataset["bytes"]);

/** Before anything large is fetched. */
export function offerLoading(): void {
  status.textContent = `The weights are ${bytesText(weightBytes)}.`;
  bar.hidden = true;
  loadButton.textContent = `Load ${bytesText(weightBytes)}`;
  loadButton.hidden = false;
}

export function showLoading(what: string, weights?: WeightsProgress): void {
  hideProblem();
  for (const section of [speak, test, footer, loadButton]) section.hidden = true;
  loading.hidden = bar.hidden = false;
  if (weights === undefined) {
    bar.removeAttribute("value");
    status.textContent = `${what} …`;
  } else {
    bar.max = weights.total;
    bar.value = weights.read;
    status.textContent = `Weights: ${bytesText(weights.read)} of ${bytesText(weights.total)}`;
  }
}

export function showAdapter(info: DeviceInfo, isSoftware: boolean): void {
  adapter.textContent = adapterText(info, isSoftware);
  adapter.hidden = false;
}

export function showModel({ fingerprint, compiler, tokenizer }: Manifest): void {
  loading.hidden = true;
  for (const section of [speak, test, footer]) section.hidden = false;
  within(footer, ".fingerprint").textContent = fingerprint;
  within(footer, ".compiler").textContent = compiler;
  if (tokenizer === null) {
    within(speak, "label").textContent = "Prompt: token ids with commas between them, since this model has no tokenizer";
    prompt.value = "1,2,3";
  }
}

/** What can be pressed while something is under way, and what while nothing is. */
export function setBusy(doing: "generating" | "testing" | undefined): void {
  generateButton.disabled = checkButton.disabled = doing !== undefined;
  stopButton.disabled = doing !== "generating";
  output.classList.toggle("writing", doing === "generating");
}

export function startOutput(text: string): void {
  hideProblem();
  within(output, ".prompt").textContent = text;
  within(output, ".completion").textContent = "";
  figures.textContent = "";
  output.hidden = false;
}

export function addOutput(text: string): void {
  within(output, ".completion").append(text);
}

export function showFigures(text: string): void {
  figures.textContent = text;
}

export function showCheck(what: string): void {
  hideProblem();
  checkStatus.textContent = what;
}

export function showComparison(comparison: Comparison | undefined): void {
  const absent = element("no-golden", HTMLElement);
  golden.hidden = comparison === undefined;
  absent.hidden = comparison !== undefined;
  absent.textContent = "This library was built without a hash to compare with: that test is not available.";
  if (comparison === undefined) return;
  const { expected, seen, agrees } = comparison;
  golden.className = agrees ? "agrees" : "differs";
  within(golden, ".verdict").textContent = agrees ? "Your GPU agrees, bit for bit." : "Your GPU gives other bits.";
  within(golden, ".expected").textContent = expected;
  within(golden, ".seen").textContent = seen;
}

export function showProbes(asked: readonly Probe[] | undefined): void {
  const absent = element("no-probes", HTMLElement);
  probes.hidden = asked === undefined;
  absent.hidden = asked !== undefined;
  absent.textContent = "This library was built without questions to the GPU's arithmetic: that test is not available.";
  if (asked === undefined) return;
  const failed = asked.filter(({ ok }) => !ok).length;
  within(probes, ".summary").textContent = failed === 0 ? `All ${asked.length} questions to its arithmetic were answered as expected.` : `${failed} of ${asked.length} questions to its arithmetic were answered otherwise than expected.`;
  within(probes, "tbody").replaceChildren(...asked.map(rowOf));
}

function rowOf({ name, expected, seen, ok, follows }: Probe): HTMLTableRowElement {
  const row = document.createElement("tr");
  row.className = ok ? "passed" : "failed";
  for (const [text, kind] of [[`${ok ? "✓" : "✗"} ${name}`, ""], [expected, "bits"], [seen, "bits"], [follows, ""]] as const) {
    const cell = row.insertCell();
    cell.className = kind;
    cell.textContent = text;
  }
  return row;
}

export function showProblem({ title, what, fix, ends }: Problem): void {
  if (ends) for (const section of [loading, speak, test]) section.hidden = true;
  within(problem, "h2").textContent = title;
  within(problem, ".what").textContent = what;
  within(problem, ".fix").textContent = fix;
  within(problem, ".fix").hidden = fix === "";
  againButton.hidden = !ends;
  problem.hidden = false;
}

function hideProblem(): void {
  problem.hidden = true;
}
