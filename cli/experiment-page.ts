/** `treefold experiment distinct --html`: what was found as one page, with all that it needs in it. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { packageRoot } from "../models/places.ts";
import type { Plot } from "../page/experiment/plots.ts";
import { survival, type AnswerGroup } from "./experiment-answers.ts";
import { answersText, type DetailedRun, type DistinctRequest, type Side } from "./experiment-distinct.ts";

export interface PageSubject {
  readonly request: DistinctRequest;
  readonly runs: readonly DetailedRun[];
  /** What it ran on, in words. */
  readonly device: string;
}

const sources = join(packageRoot, "page", "experiment");
/** Wherever npm has put it. */
const plotting = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
/** Answers that are shown in full. */
const shownAnswers = 12;
const names = { ours: "this model's kernels", ordinary: "ordinary kernels" } as const;
const kinds = ["ours", "ordinary"] as const;

/** Its text. */
export async function experimentPage({ request, runs, device }: PageSubject): Promise<string> {
  const [template, script, style, licence] = await Promise.all([
    readFile(join(sources, "index.html"), "utf8"),
    bundle("main.ts"),
    bundle("style.css"),
    readFile(join(plotting, "LICENSE"), "utf8"),
  ]);
  const values: Readonly<Record<string, string>> = {
    title: "One request, many answers?",
    about:
      `The request ${escapeText(JSON.stringify(request.prompt))}, with at most ${request.maxTokens} tokens and ` +
      `seed ${request.seed}, was sent ${request.requests} times to a serving engine that was busy ` +
      "with others, in bursts and with pauses, so that every time other requests were in its batches: once with " +
      "this model's kernels, and once, on the same schedule, with ordinary kernels, which cut sums as suits " +
      `the batch. Device: ${escapeText(device)}.`,
    style,
    licences: escapeText(`uPlot\n\n${licence}`),
    sections: runs.map(sectionOf).join("\n"),
    // A script element ends where it says so, even within a string; esbuild sees to that in the script.
    plots: JSON.stringify(runs.flatMap((run, at) => plotsOf(run, at, request.maxTokens))).replaceAll("<", "\\u003c"),
    script,
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]!);
}

/** The page's script or style, with what it imports in it. */
async function bundle(file: string): Promise<string> {
  const {
    outputFiles: [output],
  } = await build({
    entryPoints: [join(sources, file)],
    absWorkingDir: packageRoot,
    bundle: true,
    write: false,
    minify: true,
    logLevel: "silent",
    legalComments: "none",
    platform: "browser",
    format: "iife",
    target: "es2022",
    charset: "utf8",
    tsconfigRaw: {},
  });
  return output!.text;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

const idsOf = (at: number): Readonly<Record<"answers" | "parting" | "batches", string>> => ({
  answers: `answers-${at}`,
  parting: `parting-${at}`,
  batches: `batches-${at}`,
});

function plotsOf({ groups, batches }: DetailedRun, at: number, tokens: number): Plot[] {
  const ids = idsOf(at);
  const range = (from: number, length: number): number[] => Array.from({ length }, (_, index) => from + index);
  const ranks = Math.max(...kinds.map((kind) => groups[kind].length));
  return [
    {
      id: ids.answers,
      kind: "bars",
      x: { label: "answer, the most common one first", values: range(1, ranks) },
      y: { label: "requests" },
      series: kinds.map((kind) => ({
        label: names[kind],
        of: kind,
        values: Array.from({ length: ranks }, (_, rank) => groups[kind][rank]?.requests ?? null),
      })),
    },
    {
      id: ids.parting,
      kind: "steps",
      x: { label: "tokens", values: range(0, tokens + 1) },
      y: { label: "requests" },
      series: kinds.map((kind) => ({ label: names[kind], of: kind, values: survival(groups[kind], tokens) })),
    },
    {
      id: ids.batches,
      kind: "steps",
      x: { label: "step of the engine", values: range(0, batches.length) },
      y: { label: "requests that decode" },
      series: [{ label: names.ours, of: "ours", values: batches }],
    },
  ];
}

function sectionOf(run: DetailedRun, at: number): string {
  const {
    temperature,
    ours,
    ordinary,
    batchSizes: { mean, different },
    preemptions,
    prefixHits,
    groups,
  } = run;
  const ids = idsOf(at);
  const figure = (id: string, title: string, about: string): string =>
    `<figure><figcaption>${title}<span>${about}</span></figcaption><div id="${id}" role="img" ` +
    `aria-label="${escapeText(`${title}. ${about}`)}"></div></figure>`;
  const counted = `${ours.distinct} with this model's kernels, ${ordinary.distinct} with ordinary ones.`;
  const parting = "Requests whose first tokens, so many of them, are those of the most common answer.";
  return `  <section aria-labelledby="temperature-${at}">
    <h2 id="temperature-${at}">Temperature ${temperature}</h2>
    <p>With this model's kernels, ${ours.requests} equal requests had ${answersText(ours)};
      with ordinary ones ${answersText(ordinary)}.</p>
    <div class="wide">${tableOf(ours, ordinary)}</div>
    <p>With this model's kernels, steps decoded for ${mean.toFixed(1)} requests on average, in batches of ${different}
      different sizes; ${preemptions} times a request was interrupted and computed again, and ${prefixHits} ids were
      found in the prefix cache.</p>
    ${figure(ids.answers, "How many requests got which answer", counted)}
    ${figure(ids.parting, "Where answers part", parting)}
    ${figure(ids.batches, "Batches over time", "Requests that decode in each step, with this model's kernels.")}
    ${kinds.map((kind) => answersTable(names[kind], groups[kind])).join("\n    ")}
  </section>`;
}

function tableOf(ours: Side, ordinary: Side): string {
  const row = (name: string, { requests, distinct, distinctLogprobs, firstDivergence, seconds }: Side): string =>
    `<tr><th scope="row">${name}</th>${[
      requests,
      distinct,
      distinctLogprobs,
      firstDivergence ?? "never",
      seconds.toFixed(1),
    ]
      .map((cell) => `<td>${cell}</td>`)
      .join("")}</tr>`;
  const heads = ["", "requests", "distinct answers", "distinct by logprobs", "first token that differs", "seconds"]
    .map((head) => (head === "" ? "<td></td>" : `<th scope="col">${head}</th>`))
    .join("");
  const rows = `${row(names.ours, ours)}${row(names.ordinary, ordinary)}`;
  return `<table class="numbers"><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table>`;
}

function answersTable(name: string, groups: readonly AnswerGroup[]): string {
  const most = groups[0]!.text;
  const rows = groups
    .slice(0, shownAnswers)
    .map(({ text, requests, partsAt }) => {
      const shared = sharedLength(text, most);
      const shown =
        partsAt === null
          ? escapeText(text)
          : `${escapeText(text.slice(0, shared))}<mark>${escapeText(text.slice(shared))}</mark>`;
      return `<tr><td class="text">${shown}</td><td>${requests}</td><td>${partsAt ?? "–"}</td></tr>`;
    })
    .join("");
  const caption =
    groups.length > shownAnswers ? `<caption>The ${shownAnswers} most common ones of ${groups.length}.</caption>` : "";
  return (
    `<details><summary>Answers with ${name} (${groups.length})</summary><div class="wide"><table ` +
    `class="numbers">${caption}<thead><tr><th scope="col">answer</th><th scope="col">requests</th>` +
    `<th scope="col">token that differs</th></tr></thead><tbody>${rows}</tbody></table></div></details>`
  );
}

function sharedLength(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}
