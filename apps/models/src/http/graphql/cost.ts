import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  valueFromASTUntyped,
} from "graphql";

/** How much a query asks for at most. */
export interface QueryCost {
  /** Fields that may have to be answered, all pages being full. */
  readonly fields: number;
  /** Levels of fields below each other. */
  readonly depth: number;
  /** Page sizes that were asked for and are not allowed. */
  readonly badPages: readonly string[];
}

/** Entries of one page at most. */
export const MAX_PAGE = 100;
/** What a list without pages is taken to have. */
const UNPAGED_ENTRIES = 5;
/** A page is as long as its argument `first`; its entries are in the field `nodes`, which are not counted again. */
const PAGE_ARGUMENT = "first";
const PAGE_ENTRIES = "nodes";

/**
 * What a document that holds against the schema asks for, all its operations together, without running
 * it: a field costs one, and what is below a list as often as the list may be long.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>> = {},
): QueryCost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const values = new Map(Object.entries(variables));
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const { variable, defaultValue } of definition.variableDefinitions ?? []) {
      const { value: name } = variable.name;
      if (defaultValue && !values.has(name)) values.set(name, valueFromASTUntyped(defaultValue));
    }
  }
  const badPages: string[] = [];
  // A fragment that is spread many times is looked at once.
  const known = new Map<string, { fields: number; depth: number }>();

  function costOfSelection(selection: SelectionSetNode, type: GraphQLNamedType | undefined) {
    let fields = 0;
    let depth = 0;
    for (const node of selection.selections) {
      const part =
        node.kind === Kind.FIELD
          ? costOfField(node, type)
          : node.kind === Kind.INLINE_FRAGMENT
            ? costOfSelection(node.selectionSet, named(node.typeCondition?.name.value) ?? type)
            : costOfFragment(node.name.value);
      fields += part.fields;
      depth = Math.max(depth, part.depth);
    }
    return { fields, depth };
  }

  function costOfFragment(name: string) {
    let cost = known.get(name);
    const fragment = fragments.get(name);
    if (cost === undefined && fragment !== undefined) {
      cost = costOfSelection(fragment.selectionSet, named(fragment.typeCondition.name.value));
      known.set(name, cost);
    }
    return cost ?? { fields: 0, depth: 0 };
  }

  function costOfField(node: FieldNode, parent: GraphQLNamedType | undefined) {
    const field = fieldOf(schema, parent, node.name.value);
    if (!node.selectionSet || !field) return { fields: 1, depth: 1 };
    const inner = costOfSelection(node.selectionSet, getNamedType(field.type));
    return { fields: 1 + entriesOf(node, field) * inner.fields, depth: 1 + inner.depth };
  }

  function entriesOf(node: FieldNode, field: GraphQLField<unknown, unknown>): number {
    const page = field.args.find(({ name }) => name === PAGE_ARGUMENT);
    if (page === undefined) {
      return isListType(getNullableType(field.type)) && node.name.value !== PAGE_ENTRIES ? UNPAGED_ENTRIES : 1;
    }
    const given = node.arguments?.find(({ name }) => name.value === PAGE_ARGUMENT)?.value;
    const size =
      given?.kind === Kind.INT
        ? Number(given.value)
        : given?.kind === Kind.VARIABLE
          ? valueOf(given.name.value)
          : page.defaultValue;
    if (typeof size === "number" && size >= 1 && size <= MAX_PAGE) return size;
    badPages.push(node.name.value);
    return MAX_PAGE;
  }

  /** A variable that is left out lets the argument's own default hold, which is an allowed one. */
  function valueOf(variable: string): unknown {
    return values.has(variable) ? values.get(variable) : MAX_PAGE;
  }

  function named(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : schema.getType(name);
  }

  let fields = 0;
  let depth = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const cost = costOfSelection(definition.selectionSet, schema.getRootType(definition.operation) ?? undefined);
    fields += cost.fields;
    depth = Math.max(depth, cost.depth);
  }
  return { fields, depth, badPages: [...new Set(badPages)] };
}

function fieldOf(
  schema: GraphQLSchema,
  parent: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (parent === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}
