import { MusterError } from "@muster/kernel";
import {
  defaultFieldResolver,
  type DirectiveNode,
  type GraphQLSchema,
  isIntrospectionType,
  isObjectType,
  Kind,
} from "graphql";
import type { MercuriusContext } from "mercurius";
import { type Principal, type Role, refusal, ROLES } from "../../domain/access/role.ts";

/** A field of the schema and the least role that may read it. */
export interface FieldNeed {
  /** `Type.field`. */
  readonly field: string;
  readonly role: Role;
}

/**
 * Which role each field of the schema asks for: its own `@needs`, or else the one of its type.
 * @throws {Error} naming every field that does not say it, so that nothing new is open by oversight.
 */
export function fieldNeeds(schema: GraphQLSchema): readonly FieldNeed[] {
  const needs: FieldNeed[] = [];
  const silent: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const [name, { astNode }] of Object.entries(type.getFields())) {
      const role = roleIn(astNode?.directives) ?? roleIn(type.astNode?.directives);
      const field = `${type.name}.${name}`;
      if (role === undefined) silent.push(field);
      else needs.push({ field, role });
    }
  }
  if (silent.length > 0) throw new Error(`these fields do not say who may read them: ${silent.join(", ")}`);
  return needs;
}

/** Lets a field be read only by those who may; `principalOf` says who asks. */
export function guardFields(schema: GraphQLSchema, principalOf: (context: MercuriusContext) => Principal): void {
  for (const { field: path, role } of fieldNeeds(schema)) {
    const [typeName = "", fieldName = ""] = path.split(".");
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (!field) throw new Error(`there is no field ${path}`);
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context: MercuriusContext, info) => {
      const reason = refusal(principalOf(context), { role, scope: "read" });
      if (reason !== undefined) throw new MusterError("forbidden", `${path}: ${reason}`);
      return resolve(source, args, context, info);
    };
  }
}

function roleIn(directives: readonly DirectiveNode[] | undefined): Role | undefined {
  const argument = directives?.find(({ name }) => name.value === "needs")?.arguments?.[0]?.value;
  return argument?.kind === Kind.ENUM ? ROLES.find((role) => role === argument.value) : undefined;
}
