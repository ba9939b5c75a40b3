import type { Kernel } from "../../dsl/ir.ts";
import type { Module } from "./wgsl/ast.ts";
export function checkBatchFlow(kernel: Kernel, module: Module): void { void kernel; void module; }
