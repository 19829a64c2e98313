import { parseSync } from "vite";

/** One small change of a source text. */
export interface Mutant {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  /** Counted from 1. */
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

type Change = Pick<Mutant, "kind" | "start" | "end" | "replacement">;
type Report = (kind: string, node: { readonly start: number; readonly end: number }, replacement: string) => void;

/** All mutants of a TypeScript module, in the order of the text. Types, imports and what is thrown as a text are left alone. */
export function mutantsOf(path: string, source: string): readonly Mutant[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const changes: Change[] = [];
  const report: Report = (kind, { start, end }, replacement) => {
    if (source.slice(start, end) !== replacement) changes.push({ kind, start, end, replacement });
  };
  walk(program as unknown as Node, { source, report });
  const seen = new Set<string>();
  return changes
    .filter(({ start, end, replacement }) => {
      const key = `${start} ${end} ${replacement}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map((change) => ({
      ...change,
      line: source.slice(0, change.start).split("\n").length,
      original: source.slice(change.start, change.end),
    }));
}

/** The text with a mutant in it. */
export function mutated(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

interface Walk {
  readonly source: string;
  readonly report: Report;
}

function walk(node: Node, context: Walk, isDone = false): void {
  if (isSkipped(node)) return;
  if (!isDone) MUTATORS[node.type]?.(node, context);
  for (const [name, child] of Object.entries(node)) {
    if (isName(node, name)) continue;
    const isDone = name === "test" && isDecided(node);
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) walk(each, context, isDone);
  }
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

const WITH_VALUES = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"]);

function isSkipped({ type, callee }: Node): boolean {
  if (/^(Import|Export(All|Named)Declaration$)/.test(type)) return type !== "ExportNamedDeclaration";
  if (type === "NewExpression" && /Error$|Failed$/.test(String((callee as Node).name))) return true;
  return type.startsWith("TS") && !WITH_VALUES.has(type);
}

/** Names of members and types, which are no values. */
function isName(node: Node, member: string): boolean {
  if (member === "typeAnnotation" || member === "typeArguments" || member === "returnType") return true;
  return (member === "key" || member === "property") && node.computed !== true;
}

type Mutator = (node: Node, context: Walk) => void;

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "&": ["|"],
  "|": ["&"],
  "<<": [">>"],
  ">>": ["<<"],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "+=": ["-="],
  "-=": ["+="],
  "??=": ["="],
  "++": ["--"],
  "--": ["++"],
};

const METHODS: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  max: "min",
  min: "max",
  floor: "ceil",
  ceil: "floor",
  toLowerCase: "toUpperCase",
};

/** Calls whose result without them is of the same type. */
const DROPPABLE = new Set(["filter", "trim", "sort", "slice", "subarray", "toLowerCase", "replace", "replaceAll"]);

const condition: Mutator = ({ test, type }, { report }) => {
  if (!isNode(test)) return;
  report("condition", test, "false");
  // A loop without an end says nothing that one without a beginning does not say.
  if (type !== "ForStatement" && type !== "WhileStatement") report("condition", test, "true");
};

/** Of a whole condition, `true` and `false` say more than its opposite does. */
const isDecided = ({ test }: Node): boolean =>
  isNode(test) && (test.operator === "!" || test.operator === "===" || test.operator === "!==");

const operator: Mutator = ({ start, end, operator: name, left, right }, { source, report }) => {
  for (const other of OPERATORS[String(name)] ?? []) {
    const [before, after] = [left as Node, right as Node];
    const between = source.slice(before.end, after.start);
    report(
      "operator",
      { start, end },
      textOf(source, before) + between.replace(String(name), other) + textOf(source, after),
    );
  }
};

const textOf = (source: string, { start, end }: Node): string => source.slice(start, end);

const body: Mutator = ({ body: block, expression }, { source, report }) => {
  if (!isNode(block)) return;
  const statements = block.type === "BlockStatement" ? (block.body as Node[]) : [];
  // One that only returns is mutated there.
  if (statements.length > 1 || (statements[0] && statements[0].type !== "ReturnStatement"))
    report("function", block, "{}");
  if (expression === true && textOf(source, block) !== "undefined") report("return", block, "undefined");
};

const MUTATORS: Readonly<Record<string, Mutator>> = {
  IfStatement: condition,
  ConditionalExpression: condition,
  WhileStatement: condition,
  ForStatement: condition,
  BinaryExpression: operator,
  LogicalExpression: operator,
  AssignmentExpression: operator,
  UnaryExpression(node, { source, report }) {
    const argument = node.argument as Node;
    if (node.operator === "!") report("negation", node, textOf(source, argument));
    if (node.operator === "-") report("negation", node, `+${textOf(source, argument)}`);
  },
  UpdateExpression(node, { source, report }) {
    const [from, to] = node.operator === "++" ? ["++", "--"] : ["--", "++"];
    report("operator", node, textOf(source, node).replace(from ?? "", to ?? ""));
  },
  Literal(node, { report }) {
    if (typeof node.value === "boolean") report("boolean", node, String(!node.value));
    if (typeof node.value === "string") report("text", node, node.value === "" ? '"mutated"' : '""');
  },
  TemplateLiteral: (node, { report }) => report("text", node, '""'),
  ArrayExpression(node, { report }) {
    if ((node.elements as unknown[]).length > 0) report("list", node, "[]");
  },
  ExpressionStatement(node, { report }) {
    if (node.directive === undefined) report("statement", node, ";");
  },
  ThrowStatement: (node, { report }) => report("statement", node, ";"),
  ReturnStatement(node, { source, report }) {
    const argument = node.argument;
    if (isNode(argument) && textOf(source, argument) !== "undefined") report("return", argument, "undefined");
  },
  FunctionDeclaration: body,
  FunctionExpression: body,
  ArrowFunctionExpression: body,
  MemberExpression(node, { source, report }) {
    const property = node.property as Node;
    if (node.optional === true) report("optional", node, textOf(source, node).replace(/\?\.(?=[^.]*$)/, "."));
    const other = node.computed ? undefined : METHODS[String(property.name)];
    if (other) report("method", property, other);
  },
  CallExpression(node, { source, report }) {
    const callee = node.callee as Node;
    if (callee.type !== "MemberExpression" || callee.computed) return;
    if (DROPPABLE.has(String((callee.property as Node).name)))
      report("call", node, textOf(source, callee.object as Node));
  },
};
