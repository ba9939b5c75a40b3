/**
 * The audit of an artifact: its texts, bindings and dispatches against the declaration, and nothing else. It knows
 * nothing of schedules or of the lowering; the source map only says where to look.
 */
import { createHash } from "node:crypto";
import { batchFaults } from "../dsl/batch-rules.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { Artifact } from "../runtime/artifact.ts";
import { examine, type Examination } from "./case.ts";
import type { AuditedSize, Certificate, Failure } from "./certificate.ts";
import { checkBindings } from "./bindings.ts";
import { falseClaims } from "./claims.ts";
import { checkDecisions } from "./decisions.ts";
import { type Examined, executions } from "./executions.ts";
import { checkForms } from "./forms.ts";
import { checkFunctions } from "./functions.ts";
import { checkBatchFlow } from "./taint.ts";
import type { BatchFlowReport } from "./taint-report.ts";
import { boundsOf } from "./levels.ts";
import { type Case, casesOf } from "./sizes.ts";
import { Mismatch } from "./mismatch.ts";
import { wholeEffort } from "./refute.ts";
import { Fault, NeedsValues } from "./errors.ts";
import { TooManyTerms } from "./term.ts";
import { parseWgsl, WgslError } from "./wgsl/index.ts";

/**
 * Judges an artifact. What is wrong with it is in the certificate; nothing is thrown for it.
 * The first failure ends it: what follows from a wrong text says nothing new.
 */
export function audit(kernel: Kernel, artifact: Artifact): Certificate {
  const sizes: AuditedSize[] = [];
  const hash = createHash("sha256");
  const finish = (found: readonly Failure[]): Certificate => {
    const failures = [...found, ...claimed(kernel, artifact)];
    const status = failures.find(({ outcome }) => outcome === "refuted")?.outcome ?? failures[0]?.outcome ?? "checked";
    return {
      kernel: artifact.kernel,
      schedule: artifact.schedule,
      level: artifact.level,
      status,
      sizes,
      expressionHash: hash.digest("hex"),
      artifact: artifact.sha256,
      failures,
    };
  };
  const open = new Open(artifact);
  let at: Case | null = null;
  try {
    const modules = artifact.passes.map((pass, number) => inPass(number, () => parseWgsl(pass.wgsl)));
    checkBindings(kernel, artifact, modules);
    const flows = modules.map(
      (module, number) =>
        open.goingOn(null, () => inPass(number, () => checkBatchFlow(kernel, artifact.passes[number]!, module))) ??
        noFlow,
    );
    const request = {
      kernel,
      artifact,
      modules,
      flows,
      open,
      effort: wholeEffort(),
      begin: (one: Case) => void (at = one),
    };
    for (const [size, examination] of open.goingOn(null, () => examinations(request)) ?? []) {
      sizes.push({
        extents: size.extents,
        elements: examination.elements,
        of: examination.of,
        paths: examination.paths,
      });
      hash.update(`${JSON.stringify(size.extents)} ${examination.digests.join(" ")}\n`);
    }
    if (open.first === null) {
      // What is wrong at some size says more than that a text has a form which is not followed, so forms come last.
      at = null;
      checkFunctions(kernel, artifact, modules);
      checkForms(kernel, artifact, modules);
      return finish([]);
    }
    executions({ ...request, goingOn: (one, run) => open.goingOn(one, run) });
    return finish([open.first]);
  } catch (error) {
    // What was not followed before says where to look, too.
    return finish([failureOf(error, artifact, at), ...(open.first === null ? [] : [open.first])]);
  }
}

/** What no text can make good: a declaration that breaks a rule, and what the artifact says of itself and is not so. */
function claimed(kernel: Kernel, artifact: Artifact): Failure[] {
  try {
    const broken = batchFaults(kernel).map(
      ({ rule, message }) => new Fault("rule", `the declaration breaks a rule of the language: ${message} (${rule})`),
    );
    const claims = falseClaims(kernel, artifact).map((claim) => new Fault("claim", claim));
    return [...broken, ...claims].map((fault) => failureOf(fault, artifact, null));
  } catch (error) {
    // An artifact that no compiler wrote, such as one without its trees.
    return [
      failureOf(
        new Fault("claim", `what the artifact says of itself cannot be read (${messageOf(error)})`),
        artifact,
        null,
      ),
    ];
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What was not followed; that a text is wrong may show elsewhere, so that the audit goes on. */
class Open {
  first: Failure | null = null;
  readonly #artifact: Artifact;

  constructor(artifact: Artifact) {
    this.#artifact = artifact;
  }

  /** Undefined where something was not followed. @throws Fault that refutes */
  goingOn<T>(at: Case | null, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      const isOpen = (error instanceof Fault && error.outcome === "unfollowed") || error instanceof TooManyTerms;
      if (!isOpen) throw error;
      this.first ??= failureOf(error, this.#artifact, at);
      return undefined;
    }
  }
}

/** Of a text whose rows were not followed. */
const noFlow: BatchFlowReport = { bounds: new Map(), splits: new Set(), perRow: 1 };

interface Request extends Examined {
  readonly open: Open;
}

/** All sizes, begun anew whenever control flow turns out to need more values than were given. */
function examinations({ kernel, artifact, modules, flows, open, effort, begin }: Request): [Case, Examination][] {
  const known = new Set<string>();
  const bounds = boundsOf(kernel);
  const rows = flows.map(({ bounds }) => bounds);
  for (;;) {
    const before = open.first;
    try {
      const found = casesOf(kernel, artifact, modules, flows, known).flatMap((one, number): [Case, Examination][] => {
        begin(one);
        const examination = open.goingOn(one, () =>
          examine({ kernel, artifact, modules, rows, at: one, number, known, effort }),
        );
        return examination === undefined ? [] : [[one, examination]];
      });
      modules.forEach((module, number) =>
        open.goingOn(null, () => inPass(number, () => checkDecisions(artifact.passes[number]!, module, known))),
      );
      return found;
    } catch (error) {
      if (!(error instanceof NeedsValues) || [...error.tensors].every((tensor) => known.has(tensor))) throw error;
      const placement = kernel.inputs.find(
        ({ name, ownership }) => error.tensors.has(name) && ownership === "placement",
      );
      if (placement !== undefined)
        throw new Fault(
          "taint",
          `control flow depends on the placement table '${placement.name}', which may only address`,
          error.line,
        );
      // Of what bounds a fold every number of items is a case of its own; of other data some values would say nothing
      // of the rest.
      const other = [...error.tensors].find((tensor) => !bounds.has(tensor));
      if (other !== undefined)
        throw new Fault(
          "taint",
          `control flow depends on ${other.startsWith("parameter ") ? other : `'${other}'`}, which bounds no ` +
            "fold of the declaration",
          error.line,
        );
      error.tensors.forEach((tensor) => known.add(tensor));
      // What was not followed without these values may be now.
      open.first = before;
    }
  }
}

function inPass<T>(number: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Fault) error.pass ??= number;
    if (!(error instanceof WgslError)) throw error;
    const fault = new Fault("text", error.message, error.line);
    fault.pass = number;
    throw fault;
  }
}

function failureOf(error: unknown, artifact: Artifact, at: Case | null): Failure {
  const bare = {
    outcome: "unfollowed" as const,
    element: null,
    counterexample: null,
    extents: at?.extents ?? null,
    declared: null,
    found: null,
    pass: null,
    line: null,
    location: null,
  };
  if (error instanceof TooManyTerms)
    return { ...bare, kind: "effort", message: `the expressions do not fit: ${error.message}` };
  // An artifact that no compiler wrote may be broken in any way.
  if (!(error instanceof Fault))
    return { ...bare, kind: "effort", message: `the audit cannot follow: ${messageOf(error)}` };
  const pass = error.pass ?? (artifact.passes.length === 1 ? 0 : null);
  const line = error.line > 0 ? error.line : null;
  const map = pass === null ? undefined : artifact.passes[pass]?.sourceMap;
  // Where the line itself has no source, the nearest one above that has.
  const location =
    line === null || map === undefined ? null : (map.slice(0, line).findLast((place) => place !== null) ?? null);
  const shown =
    error instanceof Mismatch
      ? { element: error.element, declared: error.declared, found: error.found, counterexample: error.counterexample }
      : {};
  return { ...bare, ...shown, outcome: error.outcome, kind: error.kind, message: error.message, pass, line, location };
}
