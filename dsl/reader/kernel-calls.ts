/** The calls of `kernel` in a module, and the names of the kernels that they declare. */
import { Node, SyntaxKind, type CallExpression, type SourceFile } from "ts-morph";
import { basename } from "node:path";
import { insertAtTop, insertBefore, replaceBy } from "./fixes.ts";
import { importUsed, namesUsed } from "./imports.ts";
import type { Modules } from "./modules.ts";
import { checkName, nameOfFile } from "./names.ts";
import { Reading } from "./reading.ts";
import { Report } from "./report.ts";
import { interpreter } from "./expressions.ts";
import type { Scope } from "./values.ts";

/** The module's calls of `kernel`, by the names of the consts that hold them. */
export function kernelCalls(
  source: SourceFile,
  modules: Modules,
  report: Report,
): { name: string; call: CallExpression }[] {
  // Names are looked up for this question only: a module may import what no kernel of it uses.
  const scope = new Reading(modules, new Report(), interpreter).scopes.of(source);
  const isKernel = (node: Node | undefined): node is CallExpression => {
    if (!Node.isCallExpression(node)) return false;
    const callee = node.getExpression();
    if (Node.isIdentifier(callee)) {
      const value = scope.find(callee.getText())?.value();
      return value?.kind === "intrinsic" && value.name === "kernel";
    }
    return (
      Node.isPropertyAccessExpression(callee) &&
      callee.getName() === "kernel" &&
      scope.find(callee.getExpression().getText())?.value().kind === "namespace"
    );
  };
  const found = source.getStatements().flatMap((statement) => {
    if (Node.isVariableStatement(statement)) {
      return statement.getDeclarations().flatMap((declaration) => {
        const initializer = withoutTypes(declaration.getInitializer());
        if (!isKernel(initializer)) return [];
        const name = declaration.getName();
        const keyword = statement.getFirstDescendantByKind(SyntaxKind.VariableDeclarationList)!.getFirstChild()!;
        if (statement.getDeclarationKind() !== "const") {
          report.add(
            "R001",
            declaration.getNameNode(),
            `'${name}' is declared with '${keyword.getText()}', so it can change`,
            { words: `write const ${name}`, edits: [replaceBy(keyword, "const")] },
          );
        }
        if (!statement.isExported() && !isExportedLater(source, name)) {
          report.add("R018", declaration.getNameNode(), `the kernel '${name}' is not exported`, {
            words: `write export const ${name}`,
            edits: [insertBefore(statement, "export ")],
          });
        }
        return [{ name, call: initializer }];
      });
    }
    const main = Node.isExportAssignment(statement) ? withoutTypes(statement.getExpression()) : undefined;
    return isKernel(main) ? [{ name: nameOfFile(basename(source.getFilePath())), call: main }] : [];
  });
  for (const { name, call } of found) {
    const main = call.getFirstAncestor(Node.isExportAssignment);
    if (main === undefined)
      checkName(
        report,
        name,
        "a kernel",
        call.getFirstAncestor(Node.isVariableDeclaration)?.getNameNode() ?? call.getExpression(),
      );
    else
      checkName(report, name, "a kernel that is called as its file", call.getExpression(), (near) => ({
        words: `give it a name of its own: write export const ${near} = kernel(…)`,
        edits: [{ ...insertBefore(main, `export const ${near} = `), ...startOf(main.getExpression()) }],
      }));
  }
  reportUnimported(
    source,
    scope,
    (name) => new Reading(modules, new Report(), interpreter).scopes.isLanguageName(name),
    report,
  );
  for (const call of source.getDescendants().filter(isKernel)) {
    if (found.some((one) => one.call === call)) continue;
    report.add(
      "R018",
      call,
      "this kernel is not declared at the top of its module",
      "write export const name = kernel({ … }): the declaration is read from the text, not computed",
    );
  }
  return found;
}

/** Calls of a `kernel` that this module does not have, so that nobody reads them. */
function reportUnimported(source: SourceFile, scope: Scope, isName: (name: string) => boolean, report: Report): void {
  for (const call of source.getDescendantsOfKind(SyntaxKind.CallExpression)) {
    const callee = call.getExpression();
    const root = Node.isPropertyAccessExpression(callee) ? callee.getExpression() : callee;
    const name = Node.isPropertyAccessExpression(callee) ? callee.getName() : callee.getText();
    if (name !== "kernel" || !Node.isIdentifier(root) || !Node.isObjectLiteralExpression(call.getArguments()[0]))
      continue;
    if (scope.find(root.getText()) !== undefined) continue;
    const used = namesUsed(source, isName, (one) => scope.find(one) !== undefined);
    report.add(
      "R013",
      callee,
      `'${callee.getText()}' is not imported`,
      Node.isPropertyAccessExpression(callee)
        ? {
            words: `write import * as ${root.getText()} from "treefold" at the top of the module`,
            edits: [insertAtTop(source, `import * as ${root.getText()} from "treefold";\n`)],
          }
        : importUsed(source, used),
    );
    // What else is not imported belongs to the same fix.
    return;
  }
}

/** Whether `export { name }` stands somewhere. */
function isExportedLater(source: SourceFile, name: string): boolean {
  return (
    source.getExportDeclarations().some((one) => one.getNamedExports().some((each) => each.getName() === name)) ||
    source.getExportAssignments().some((one) => one.getExpression().getText() === name)
  );
}

function withoutTypes(node: Node | undefined): Node | undefined {
  return Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isParenthesizedExpression(node)
    ? withoutTypes(node.getExpression())
    : node;
}

function startOf(node: Node): { endLine: number; endColumn: number } {
  const { line, column } = replaceBy(node, "");
  return { endLine: line, endColumn: column };
}
