/** A thread of the audit. */
import { parentPort } from "node:worker_threads";
import { judge } from "./judge.ts";
import type { Subject } from "./subject.ts";

parentPort!.on("message", (subject: Pick<Subject, "declaration" | "artifact">) =>
  parentPort!.postMessage(judge(subject)),
);
