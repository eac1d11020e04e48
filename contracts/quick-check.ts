import * as v from 'valibot';
import { unitsByPlace } from './plain-pattern.ts';

/** JavaScript that says whether the variable `value` fits, in an expression. */
type Source = string;

/** What the sources of one check name: `given[n]`, and functions of their own. */
interface Program {
  readonly given: unknown[];
  readonly functions: Source[];
  /** Calls of the functions that patterns became. */
  readonly patterns: Map<string, Source>;
}

/**
 * Says of a value what `v.is(schema, value)` says, several times faster: the schema becomes a program that copies nothing, when
 * it is first asked. For what passes in thousands. What it does not know how to say exactly it leaves to valibot; `quick-check.test.ts` compares both.
 * The program is made of the schema alone, never of data.
 */
export function quickCheck<Output>(
  schema: v.GenericSchema<unknown, Output>,
): (value: unknown) => value is Output {
  let check: ((value: unknown) => boolean) | undefined;
  return (value): value is Output => {
    check ??= programOf(schema);
    return check(value);
  };
}

function programOf(schema: v.GenericSchema): (value: unknown) => boolean {
  const program: Program = { given: [], functions: [], patterns: new Map() };
  const fits = fitting(program, schema);
  const source = `'use strict';\n${program.functions.join('\n')}\nreturn (value) => ${fits};`;
  return new Function('given', source)(program.given);
}

/** The expression that names a thing the program is given. */
function given(program: Program, thing: unknown): Source {
  program.given.push(thing);
  return `given[${program.given.length - 1}]`;
}

/** The expression that calls a function of `value` with this body. */
function calling(program: Program, body: Source): Source {
  const name = `fits${program.functions.length}`;
  program.functions.push(`function ${name}(value) {\n${body}\n}`);
  return `${name}(value)`;
}

function fitting(program: Program, schema: v.GenericSchema): Source {
  const source = sourceOf(program, schema);
  if (source !== undefined) return source;
  return `${given(program, (value: unknown) => v.is(schema, value))}(value)`;
}

/** Undefined where only valibot knows. */
function sourceOf(program: Program, schema: v.GenericSchema): Source | undefined {
  if ('fallback' in schema) return undefined;
  if ('pipe' in schema) return pipeSource(program, schema.pipe);
  if (isObject(schema)) return objectSource(program, schema);
  if (isArray(schema)) return arraySource(program, schema.item);
  if (isVariant(schema)) return variantSource(program, schema);
  if (isUnion(schema)) return `(${schema.options.map((each) => fitting(program, each)).join(' || ')})`;
  if (isOptional(schema) && schema.default === undefined) {
    return `(value === undefined || ${fitting(program, schema.wrapped)})`;
  }
  if (isNullable(schema) && schema.default === undefined) {
    return `(value === null || ${fitting(program, schema.wrapped)})`;
  }
  return leafSource(schema);
}

function leafSource(schema: v.GenericSchema): Source | undefined {
  if (isLiteral(schema)) return optionsSource([schema.literal]);
  if (isPicklist(schema)) return optionsSource(schema.options);
  if (schema.reference === v.string) return `typeof value === 'string'`;
  // NaN is the number that is not itself.
  if (schema.reference === v.number) return `(typeof value === 'number' && value === value)`;
  if (schema.reference === v.boolean) return `typeof value === 'boolean'`;
  return schema.reference === v.unknown ? 'true' : undefined;
}

const isObject = (schema: v.GenericSchema): schema is v.ObjectSchema<v.ObjectEntries, undefined> =>
  schema.reference === v.object;
const isArray = (schema: v.GenericSchema): schema is v.ArraySchema<v.GenericSchema, undefined> =>
  schema.reference === v.array;
const isVariant = (
  schema: v.GenericSchema,
): schema is v.VariantSchema<string, v.VariantOptions<string>, undefined> => schema.reference === v.variant;
const isUnion = (schema: v.GenericSchema): schema is v.UnionSchema<v.GenericSchema[], undefined> =>
  schema.reference === v.union;
const isOptional = (schema: v.GenericSchema): schema is v.OptionalSchema<v.GenericSchema, unknown> =>
  schema.reference === v.optional;
const isNullable = (schema: v.GenericSchema): schema is v.NullableSchema<v.GenericSchema, unknown> =>
  schema.reference === v.nullable;
const isLiteral = (schema: v.GenericSchema): schema is v.LiteralSchema<string | number, undefined> =>
  schema.reference === v.literal;
const isPicklist = (
  schema: v.GenericSchema,
): schema is v.PicklistSchema<readonly (string | number)[], undefined> => schema.reference === v.picklist;

/** Numbers but NaN and texts, which are equal to themselves alone. */
const isPlain = (option: unknown): option is string | number =>
  typeof option === 'string' || (typeof option === 'number' && Number.isFinite(option));

function optionsSource(options: readonly unknown[]): Source | undefined {
  if (options.length === 0 || !options.every(isPlain)) return undefined;
  return `(${options.map((option) => `value === ${JSON.stringify(option)}`).join(' || ')})`;
}

function objectSource(
  program: Program,
  { entries }: v.ObjectSchema<v.ObjectEntries, undefined>,
): Source | undefined {
  const members = Object.entries(entries).map(([key, schema]) => ({
    key,
    schema: schema as v.GenericSchema,
  }));
  // Where they are missing, these members are made.
  if (members.some(({ schema }) => 'fallback' in schema)) return undefined;
  if (members.some(({ schema }) => 'default' in schema && schema.default !== undefined)) return undefined;
  const lines = members.map(({ key, schema }) => memberSource(program, key, schema));
  // An array is an object to valibot too.
  const isThere = `if (typeof value !== 'object' || value === null) return false;`;
  return calling(program, [`const whole = value;`, isThere, ...lines, 'return true;'].join('\n'));
}

/** What is missing is undefined too; only then it matters whether it is there. */
function memberSource(program: Program, key: string, schema: v.GenericSchema): Source {
  const name = JSON.stringify(key);
  const mayLack = ['optional', 'exact_optional', 'nullish'].includes(schema.type);
  const isMissing = `value === undefined && !(${name} in whole)`;
  return `value = whole[${name}]; if (!(${isMissing} ? ${mayLack} : ${fitting(program, schema)})) return false;`;
}

function arraySource(program: Program, item: v.GenericSchema): Source {
  return calling(
    program,
    `if (!Array.isArray(value)) return false;
     const items = value;
     for (let index = 0; index < items.length; index += 1) {
       value = items[index];
       if (!${fitting(program, item)}) return false;
     }
     return true;`,
  );
}

/** Where each option has a literal of its own, so that at most one can fit. */
function variantSource(
  program: Program,
  { key, options }: v.VariantSchema<string, v.VariantOptions<string>, undefined>,
): Source | undefined {
  const cases = new Map<string | number, v.GenericSchema>();
  for (const option of options) {
    if (!isObject(option) || 'pipe' in option || 'fallback' in option) return undefined;
    const entry = option.entries[key] as v.GenericSchema | undefined;
    if (entry === undefined || 'pipe' in entry || 'fallback' in entry || !isLiteral(entry)) return undefined;
    if (!isPlain(entry.literal) || cases.has(entry.literal)) return undefined;
    cases.set(entry.literal, option);
  }
  const lines = [...cases].map(
    ([literal, option]) => `case ${JSON.stringify(literal)}: return ${fitting(program, option)};`,
  );
  return calling(
    program,
    `if (typeof value !== 'object' || value === null) return false;
     switch (value[${JSON.stringify(key)}]) { ${lines.join('\n')} default: return false; }`,
  );
}

/** A schema of text, number or list, and validations of it; they see the very value. */
function pipeSource(program: Program, pipe: unknown): Source | undefined {
  const [first, ...actions] = flattened(pipe);
  if (first?.kind !== 'schema') return undefined;
  const base = first as v.GenericSchema;
  const sources = [fitting(program, base)];
  for (const action of actions) {
    if (action.kind === 'metadata' || action.type === 'brand') continue;
    const source = validationSource(program, base, action);
    if (source === undefined) return undefined;
    sources.push(source);
  }
  return `(${sources.join(' && ')})`;
}

type PipeItem = v.PipeItem<unknown, unknown, v.BaseIssue<unknown>>;

/** A pipe may begin with a pipe. */
function flattened(pipe: unknown): readonly PipeItem[] {
  if (!Array.isArray(pipe)) return [];
  const [first, ...actions]: readonly PipeItem[] = pipe;
  if (first === undefined || 'fallback' in first) return [];
  return 'pipe' in first ? [...flattened(first.pipe), ...actions] : [first, ...actions];
}

const patterns: readonly string[] = ['regex', 'iso_date', 'uuid'];
const predicates: readonly string[] = ['check', 'integer', 'finite'];
const lengthBounds: Readonly<Record<string, string>> = { max_length: '<=', min_length: '>=', length: '===' };
const valueBounds: Readonly<Record<string, string>> = { max_value: '<=', min_value: '>=' };

/** One action, for values that fit `base`. */
function validationSource(program: Program, base: v.GenericSchema, action: PipeItem): Source | undefined {
  const { kind, type, requirement } = { requirement: undefined, ...action };
  if (kind !== 'validation') return undefined;
  const wanted: unknown = requirement;
  const [isText, isNumber] = [base.reference === v.string, base.reference === v.number];
  if (isPlain(wanted)) {
    const bounds = isNumber ? valueBounds : isText || base.reference === v.array ? lengthBounds : {};
    const bound = bounds[type];
    return bound && typeof wanted === 'number'
      ? `value${isNumber ? '' : '.length'} ${bound} ${wanted}`
      : undefined;
  }
  if (isText && patterns.includes(type) && wanted instanceof RegExp) return patternSource(program, wanted);
  // A list's predicates would see a copy.
  const isPredicate = (isText || isNumber) && predicates.includes(type) && typeof wanted === 'function';
  return isPredicate ? `${given(program, wanted)}(value)` : undefined;
}

/** Ids are most of a record's texts: looked at place by place, they take a third of the time. */
function patternSource(program: Program, pattern: RegExp): Source {
  const places = unitsByPlace(pattern);
  if (places === undefined) return `${given(program, pattern)}.test(value)`;
  const known = program.patterns.get(pattern.source);
  if (known !== undefined) return known;
  const sets = [...new Set(places)];
  const names = sets.map((units, index) => `const set${index} = ${given(program, units)};`);
  const each = places.map((units, place) => `set${sets.indexOf(units)}[value.charCodeAt(${place})]`);
  const fits = `value.length === ${places.length} && (${each.join(' & ')}) === 1`;
  const source = calling(program, [...names, `return ${fits};`].join('\n'));
  program.patterns.set(pattern.source, source);
  return source;
}
