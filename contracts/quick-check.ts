import * as v from 'valibot';

type Check = (value: unknown) => boolean;

/**
 * Says of a value what `v.is(schema, value)` says, several times faster: the schema is walked once and nothing is copied. For
 * what passes in thousands. Whatever it does not know how to say exactly it leaves to valibot. `quick-check.test.ts` compares both.
 */
export function quickCheck<Output>(
  schema: v.GenericSchema<unknown, Output>,
): (value: unknown) => value is Output {
  const check = checkOf(schema);
  return (value): value is Output => check(value);
}

function checkOf(schema: v.GenericSchema): Check {
  return quickCheckOf(schema) ?? ((value) => v.is(schema, value));
}

/** Undefined where only valibot knows. */
function quickCheckOf(schema: v.GenericSchema): Check | undefined {
  if ('fallback' in schema) return undefined;
  if ('pipe' in schema) return pipeCheck(schema.pipe);
  if (isObject(schema)) return objectCheck(schema);
  if (isArray(schema)) return arrayCheck(schema.item);
  if (isVariant(schema)) return variantCheck(schema);
  if (isUnion(schema)) return unionCheck(schema.options);
  if (isOptional(schema) && schema.default === undefined) return orElse(undefined, schema.wrapped);
  if (isNullable(schema) && schema.default === undefined) return orElse(null, schema.wrapped);
  return leafCheck(schema);
}

function leafCheck(schema: v.GenericSchema): Check | undefined {
  if (isLiteral(schema)) return ofOptions([schema.literal]);
  if (isPicklist(schema)) return ofOptions(schema.options);
  if (schema.reference === v.string) return (value) => typeof value === 'string';
  if (schema.reference === v.number) return (value) => typeof value === 'number' && !Number.isNaN(value);
  if (schema.reference === v.boolean) return (value) => typeof value === 'boolean';
  if (schema.reference === v.unknown) return () => true;
  return undefined;
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
const isPicklist = (schema: v.GenericSchema): schema is v.PicklistSchema<readonly string[], undefined> =>
  schema.reference === v.picklist;

function orElse(nothing: null | undefined, wrapped: v.GenericSchema): Check {
  const check = checkOf(wrapped);
  return (value) => value === nothing || check(value);
}

function ofOptions(options: readonly unknown[]): Check | undefined {
  const [only, second] = options;
  // NaN is among options, but equals nothing.
  if (options.some((option) => Number.isNaN(option))) return undefined;
  if (options.length === 1) return (value) => value === only;
  if (options.length === 2) return (value) => value === only || value === second;
  const set = new Set(options);
  return (value) => set.has(value);
}

function objectCheck({ entries }: v.ObjectSchema<v.ObjectEntries, undefined>): Check | undefined {
  const schemas = Object.entries(entries);
  // Such a member need not be there, and then is made.
  if (schemas.some(([, schema]) => 'default' in schema && schema.default !== undefined)) return undefined;
  if (schemas.some(([, schema]) => 'fallback' in schema && schema.fallback !== undefined)) return undefined;
  const keys = schemas.map(([key]) => key);
  const checks = schemas.map(([, schema]) => checkOf(schema as v.GenericSchema));
  const mayLack = schemas.map(([, { type }]) => ['optional', 'exact_optional', 'nullish'].includes(type));
  return (value) => {
    // An array is an object to valibot too.
    if (typeof value !== 'object' || value === null) return false;
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] ?? '';
      if (key in value ? checks[index]?.(Reflect.get(value, key)) !== true : mayLack[index] !== true)
        return false;
    }
    return true;
  };
}

function arrayCheck(item: v.GenericSchema): Check {
  const check = checkOf(item);
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (let index = 0; index < value.length; index += 1) if (!check(value[index])) return false;
    return true;
  };
}

function unionCheck(options: readonly v.GenericSchema[]): Check {
  const checks = options.map(checkOf);
  return (value) => checks.some((check) => check(value));
}

/** Where each option has a literal of its own, so that at most one can fit. */
function variantCheck({
  key,
  options,
}: v.VariantSchema<string, v.VariantOptions<string>, undefined>): Check | undefined {
  const checks = new Map<unknown, Check>();
  for (const option of options) {
    if (!isObject(option) || 'pipe' in option) return undefined;
    const entry: v.GenericSchema | undefined = option.entries[key] as v.GenericSchema | undefined;
    if (entry === undefined || 'pipe' in entry || !isLiteral(entry)) return undefined;
    if (checks.has(entry.literal) || Number.isNaN(entry.literal)) return undefined;
    checks.set(entry.literal, checkOf(option));
  }
  return (value) =>
    typeof value === 'object' && value !== null && checks.get(Reflect.get(value, key))?.(value) === true;
}

/** A schema whose value stays the very same, and validations of it. */
function pipeCheck(pipe: unknown): Check | undefined {
  if (!Array.isArray(pipe)) return undefined;
  const [schema, ...actions]: readonly v.PipeItem<unknown, unknown, v.BaseIssue<unknown>>[] = pipe;
  if (schema?.kind !== 'schema') return undefined;
  const first = schema as v.GenericSchema;
  // An object's actions see a copy without its unknown members.
  const keepsValue = [v.string, v.number, v.array].some((reference) => reference === first.reference);
  if (!keepsValue || 'pipe' in first) return undefined;
  const checks = [checkOf(first)];
  for (const action of actions) {
    if (action.kind === 'metadata' || action.type === 'brand') continue;
    const check = validationCheck(action);
    if (check === undefined) return undefined;
    checks.push(check);
  }
  return allOf(checks);
}

function allOf(checks: readonly Check[]): Check {
  const [first, second, third] = checks;
  if (first === undefined || second === undefined) return first ?? (() => true);
  if (third === undefined) return (value) => first(value) && second(value);
  return (value) => checks.every((check) => check(value));
}

const patterns: readonly string[] = ['regex', 'iso_date', 'uuid'];
const predicates: readonly string[] = ['check', 'integer', 'finite'];
type Bound = (value: { readonly length: number }, bound: number) => boolean;
const lengthBounds: Readonly<Record<string, Bound>> = {
  max_length: ({ length }, bound) => length <= bound,
  min_length: ({ length }, bound) => length >= bound,
  length: ({ length }, bound) => length === bound,
};
const valueBounds: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  max_value: (value, bound) => value <= bound,
  min_value: (value, bound) => value >= bound,
};

/** The check of one action, for values that its schema has checked already. */
function validationCheck(action: object): Check | undefined {
  const { kind, type, requirement } = { kind: '', type: '', requirement: undefined, ...action };
  if (kind !== 'validation') return undefined;
  const wanted: unknown = requirement;
  // A pattern with a memory answers differently each time.
  if (patterns.includes(type) && wanted instanceof RegExp && !wanted.global && !wanted.sticky) {
    return (value) => typeof value === 'string' && wanted.test(value);
  }
  if (predicates.includes(type) && typeof wanted === 'function') return (value) => Boolean(wanted(value));
  if (typeof wanted !== 'number') return undefined;
  const isOfLength = lengthBounds[type];
  if (isOfLength !== undefined) {
    return (value) => (typeof value === 'string' || Array.isArray(value)) && isOfLength(value, wanted);
  }
  const isOfValue = valueBounds[type];
  if (isOfValue === undefined) return undefined;
  return (value) => typeof value === 'number' && isOfValue(value, wanted);
}
