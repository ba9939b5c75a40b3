/** What a kernel module imports from "treefold": the language, and the elementary functions written in it. */
export * from "./language.ts";
export * from "./math.ts";
