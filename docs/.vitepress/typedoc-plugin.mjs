import {
  Comment,
  CommentTag,
  Converter,
  NamedTupleMember,
  ParameterReflection,
  ReflectionFlag,
  ReflectionKind,
  TupleType,
} from 'typedoc';
import ts from 'typescript';

/**
 * Has TypeDoc show what a caller writes:
 * - a decorator is a constant whose type is a function of a tuple, and is called like any function;
 * - a constructor with injected parameters is called by Nest alone.
 */
export function load(app) {
  const injected = [];
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (reflection.kind === ReflectionKind.Constructor && isInjected(context, reflection)) injected.push(reflection);
  });
  // Before the comments' @param tags are matched with parameters.
  const first = 1000;
  app.converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    ({ project }) => {
      for (const constructor of injected) project.removeReflection(constructor);
      for (const constant of project.getReflectionsByKind(ReflectionKind.Variable)) asFunction(constant);
      for (const signature of project.getReflectionsByKind(ReflectionKind.CallSignature)) spreadTuple(signature);
      for (const declared of project.getReflectionsByKind(ReflectionKind.Function)) groupDecorator(declared);
    },
    first,
  );
}

function isInjected(context, reflection) {
  const declarations = context.getSymbolFromReflection(reflection)?.declarations ?? [];
  return declarations.some((declaration) => declaration.parameters?.some((parameter) => ts.getDecorators(parameter)));
}

function asFunction(constant) {
  const signatures = constant.type?.type === 'reflection' ? constant.type.declaration.signatures : undefined;
  if (signatures === undefined) return;
  constant.kind = ReflectionKind.Function;
  constant.signatures = signatures;
  for (const signature of signatures) {
    signature.name = constant.name;
    signature.parent = constant;
    signature.comment ??= constant.comment;
  }
  constant.comment = undefined;
  constant.type = undefined;
}

function spreadTuple(signature) {
  const [rest, ...others] = signature.parameters ?? [];
  if (rest?.flags.isRest !== true || others.length > 0 || !(rest.type instanceof TupleType)) return;
  if (!rest.type.elements.every((element) => element instanceof NamedTupleMember)) return;
  signature.parameters = rest.type.elements.map(({ name, element, isOptional }) => {
    const parameter = new ParameterReflection(name, ReflectionKind.Parameter, signature);
    parameter.type = element;
    parameter.setFlag(ReflectionFlag.Optional, isOptional);
    return parameter;
  });
}

function groupDecorator({ signatures = [] }) {
  for (const signature of signatures) {
    if (!/Decorator\b/.test(String(signature.type))) continue;
    signature.comment ??= new Comment();
    signature.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'Decorators' }]));
  }
}
