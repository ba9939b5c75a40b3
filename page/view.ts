/** The page's elements, and what they show. */
import {
  policyTexts,
  type DeviceInfo,
  type Examination,
  type GoldenCheck,
  type Model,
  type ProbeResult,
  type WeightsProgress,
} from "treefold-runtime";
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
const noGolden = element("no-golden", HTMLElement);
const probes = element("probes", HTMLDetailsElement);
const noProbes = element("no-probes", HTMLElement);
const policyText = element("policy", HTMLElement);
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
  // What was found of another device, too.
  for (const section of [speak, test, footer, loadButton, golden, probes, noGolden, noProbes]) section.hidden = true;
  policyText.textContent = "";
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

export function showModel({ manifest: { fingerprint, compiler, tokenizer }, policy, verified }: Model): void {
  loading.hidden = true;
  for (const section of [speak, test, footer]) section.hidden = false;
  const doubt = element("doubt", HTMLElement);
  doubt.hidden = verified !== false;
  doubt.textContent = `This GPU's bits differ from the evaluator's: ${policyTexts[policy]}. See the test below.`;
  within(footer, ".fingerprint").textContent = fingerprint;
  within(footer, ".compiler").textContent = compiler;
  if (tokenizer === null) {
    within(speak, "label").textContent =
      "Prompt: token ids with commas between them, since this model has no tokenizer";
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

/** Each token in an element of its own, which shows its id. */
export function addOutput(text: string, id: number): void {
  const token = document.createElement("span");
  token.textContent = text;
  token.title = `id ${id}`;
  within(output, ".completion").append(token);
}

/** Where nothing was said. */
export function hideOutput(): void {
  output.hidden = true;
}

export function showFigures(text: string): void {
  figures.textContent = text;
}

export function showCheck(what: string): void {
  hideProblem();
  checkStatus.textContent = what;
}

export function showComparison(comparison: GoldenCheck | undefined): void {
  golden.hidden = comparison === undefined;
  noGolden.hidden = comparison !== undefined;
  noGolden.textContent = "This library was built without a hash to compare with: that test is not available.";
  if (comparison === undefined) return;
  const { expected, seen, agrees, tokens, promptTokens } = comparison;
  golden.className = agrees ? "agrees" : "differs";
  within(golden, ".verdict").textContent = agrees ? "Your GPU agrees, bit for bit." : "Your GPU gives other bits.";
  within(golden, ".expected").textContent = expected;
  within(golden, ".seen").textContent = seen;
  within(golden, ".what").textContent =
    `SHA-256 of all logits of ${tokens} tokens: a prompt of ${promptTokens}, and its continuation.`;
}

/** `agrees`: whether the golden hashes were one; undefined where there is none. */
export function showExamination(examination: Examination | undefined, agrees: boolean | undefined): void {
  probes.hidden = examination === undefined;
  noProbes.hidden = examination !== undefined;
  noProbes.textContent =
    "This library was built without questions to the GPU's arithmetic: that test is not available.";
  if (examination === undefined) return;
  const { probes: asked, policy, verified, skipped } = examination;
  const failed = asked.filter(({ ok }) => !ok);
  const decisive = failed.filter(({ decides }) => decides !== "nothing").length;
  const others = failed.length - decisive;
  probes.open = decisive > 0;
  const equal = asked.length - failed.length;
  within(probes, "summary").textContent =
    `Asked ${asked.length} times about its arithmetic, it gave the evaluator's bits ${equal} times${
      decisive > 0
        ? `, and ${decisive} times others that matter`
        : others > 0
          ? `; the other ${others} change no result of this model`
          : ""
    }.`;
  policyText.textContent =
    verified && agrees === false
      ? "Each kernel alone gave the evaluator's bits, and the model did not: please report this, with the name " +
        "of your GPU and your browser."
      : `What follows: ${policyTexts[policy]}.`;
  within(probes, ".skipped").textContent = skipped.length === 0 ? "" : `Not asked: ${skipped.join("; ")}.`;
  within(probes, "tbody").replaceChildren(...asked.map(rowOf));
}

function rowOf({ name, expected, seen, ok, decides, follows }: ProbeResult): HTMLTableRowElement {
  const row = document.createElement("tr");
  row.className = ok ? "passed" : decides === "nothing" ? "other" : "failed";
  const mark = { passed: "✓", other: "≠", failed: "✗" }[row.className]!;
  for (const [text, label] of [[`${mark} ${name}`], [expected, "expected"], [seen, "seen"], [follows]]) {
    const cell = row.insertCell();
    cell.textContent = text!;
    if (label === undefined) continue;
    cell.className = "bits";
    cell.dataset["label"] = label;
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
