/* Built-in functions as no guest has seen them. A part of engine_unit.c.
 *
 * Modules of ours run after guest code, which may have replaced any built-in. The tables from which QuickJS-ng makes
 * its built-ins are constants, so fresh functions come from those, when a module asks for them, by the names that Node
 * has for its primordials: ArrayPrototypePush(array, item), ObjectKeys(object), MapPrototypeGetSize(map). */

typedef struct {
    const char *prefix;
    size_t prefix_len;
    const JSCFunctionListEntry *functions;
    int count;
} pristine_t;

#define PRISTINE(prefix, list) { prefix, sizeof(prefix) - 1, list, countof(list) }
/* Of two prefixes that fit the longer one has to come first. */
static const pristine_t pristine[] = {
    PRISTINE("ArrayBufferPrototype", js_array_buffer_proto_funcs),
    PRISTINE("ArrayBuffer", js_array_buffer_funcs),
    PRISTINE("ArrayIteratorPrototype", js_array_iterator_proto_funcs),
    PRISTINE("ArrayPrototype", js_array_proto_funcs),
    PRISTINE("Array", js_array_funcs),
    PRISTINE("AsyncGeneratorPrototype", js_async_generator_proto_funcs),
    PRISTINE("BigIntPrototype", js_bigint_proto_funcs),
    PRISTINE("BigInt", js_bigint_funcs),
    PRISTINE("BooleanPrototype", js_boolean_proto_funcs),
    PRISTINE("DataViewPrototype", js_dataview_proto_funcs),
    PRISTINE("DatePrototype", js_date_proto_funcs),
    PRISTINE("Date", js_date_funcs),
    PRISTINE("DOMExceptionPrototype", js_domexception_proto_funcs),
    PRISTINE("ErrorPrototype", js_error_proto_funcs),
    PRISTINE("Error", js_error_funcs),
    PRISTINE("FinalizationRegistryPrototype", js_finrec_proto_funcs),
    PRISTINE("FunctionPrototype", js_function_proto_funcs),
    PRISTINE("GeneratorPrototype", js_generator_proto_funcs),
    PRISTINE("MapIteratorPrototype", js_map_iterator_proto_funcs),
    PRISTINE("MapPrototype", js_map_proto_funcs),
    PRISTINE("Map", js_map_funcs),
    PRISTINE("JSON", js_json_funcs),
    PRISTINE("Math", js_math_funcs),
    PRISTINE("NumberPrototype", js_number_proto_funcs),
    PRISTINE("Number", js_number_funcs),
    PRISTINE("ObjectPrototype", js_object_proto_funcs),
    PRISTINE("Object", js_object_funcs),
    PRISTINE("PromisePrototype", js_promise_proto_funcs),
    PRISTINE("Promise", js_promise_funcs),
    PRISTINE("Reflect", js_reflect_funcs),
    PRISTINE("RegExpPrototype", js_regexp_proto_funcs),
    PRISTINE("RegExp", js_regexp_funcs),
    PRISTINE("SetIteratorPrototype", js_set_iterator_proto_funcs),
    PRISTINE("SetPrototype", js_set_proto_funcs),
    PRISTINE("StringIteratorPrototype", js_string_iterator_proto_funcs),
    PRISTINE("StringPrototype", js_string_proto_funcs),
    PRISTINE("String", js_string_funcs),
    PRISTINE("SymbolPrototype", js_symbol_proto_funcs),
    PRISTINE("Symbol", js_symbol_funcs),
    PRISTINE("TypedArrayPrototype", js_typed_array_base_proto_funcs),
    PRISTINE("TypedArray", js_typed_array_base_funcs),
    PRISTINE("WeakMapPrototype", js_weak_map_proto_funcs),
    PRISTINE("WeakRefPrototype", js_weakref_proto_funcs),
    PRISTINE("WeakSetPrototype", js_weak_set_proto_funcs),
    PRISTINE("", js_global_funcs),
};

enum { PRISTINE_STATIC, PRISTINE_METHOD, PRISTINE_GETTER, PRISTINE_SETTER };

static JSValue pristine_access(JSContext *ctx, JSValueConst this_value, JSValueConst value, int kind,
                               const JSCFunctionListEntry *entry)
{
    bool magic = entry->def_type == JS_DEF_CGETSET_MAGIC;

    if (kind == PRISTINE_GETTER)
        return magic ? entry->u.getset.get.getter_magic(ctx, this_value, entry->magic)
                     : entry->u.getset.get.getter(ctx, this_value);
    return magic ? entry->u.getset.set.setter_magic(ctx, this_value, value, entry->magic)
                 : entry->u.getset.set.setter(ctx, this_value, value);
}

/* Calls what the entry stands for, with the first argument as `this` unless it is a static function. The closure's
 * length sees to it that as many arguments can be read as the function expects. */
static JSValue pristine_call(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv, int kind,
                             void *opaque)
{
    const JSCFunctionListEntry *entry = opaque;
    int taken = kind == PRISTINE_STATIC ? 0 : 1, done;
    JSValue value;

    if (js_check_stack_overflow(ctx->rt, 0))
        return JS_ThrowStackOverflow(ctx);
    if (kind == PRISTINE_STATIC)
        this_value = entry >= js_promise_funcs && entry < js_promise_funcs + countof(js_promise_funcs)
                         ? ctx->promise_ctor : JS_UNDEFINED;
    else
        this_value = argv[0];
    argc = argc > taken ? argc - taken : 0;
    argv += taken;
    if (kind >= PRISTINE_GETTER)
        return pristine_access(ctx, this_value, argv[0], kind, entry);
    switch (entry->u.func.cproto) {
    case JS_CFUNC_generic:
        return entry->u.func.cfunc.generic(ctx, this_value, argc, argv);
    case JS_CFUNC_generic_magic:
        return entry->u.func.cfunc.generic_magic(ctx, this_value, argc, argv, entry->magic);
    case JS_CFUNC_iterator_next:
        value = entry->u.func.cfunc.iterator_next(ctx, this_value, argc, argv, &done, entry->magic);
        return JS_IsException(value) || done == 2 ? value : js_create_iterator_result(ctx, value, done);
    default:
        return JS_ThrowInternalError(ctx, "no primordial");
    }
}

/* Whether an entry's name is what is left of a primordial's: "push" of "Push", "[Symbol.iterator]" of
 * "SymbolIterator". Almost every entry differs in its first letter. */
static bool pristine_named(const char *name, const char *rest)
{
    if (name[0] == rest[0] || name[0] == (rest[0] | 0x20))
        return strcmp(name + 1, rest + 1) == 0;
    if (name[0] != '[' || rest[0] != 'S' || strncmp(rest, "Symbol", 6) != 0 || name[8] != (rest[6] | 0x20))
        return false;
    return strncmp(name + 9, rest + 7, strlen(rest + 7)) == 0 && name[9 + strlen(rest + 7)] == ']';
}

static const JSCFunctionListEntry *pristine_find(const pristine_t *table, const char *rest, bool accessor)
{
    for (int i = 0; i < table->count; i++) {
        const JSCFunctionListEntry *entry = &table->functions[i];
        bool is_accessor = entry->def_type == JS_DEF_CGETSET || entry->def_type == JS_DEF_CGETSET_MAGIC;

        if (!pristine_named(entry->name, rest))
            continue;
        if (entry->def_type == JS_DEF_ALIAS && entry->u.alias.base == -1 && !accessor)
            return pristine_find(table, entry->u.alias.name, false);
        if (accessor ? is_accessor : entry->def_type == JS_DEF_CFUNC)
            return entry;
    }
    return NULL;
}

static JSValue pristine_function(JSContext *ctx, const pristine_t *table, const char *rest)
{
    const JSCFunctionListEntry *entry = pristine_find(table, rest, false);
    size_t prefix = table->prefix_len;
    bool method = prefix > 9 && strcmp(table->prefix + prefix - 9, "Prototype") == 0;
    int kind = method ? PRISTINE_METHOD : PRISTINE_STATIC;

    if (entry && (entry->u.func.cproto == JS_CFUNC_f_f || entry->u.func.cproto == JS_CFUNC_f_f_f))
        return JS_InstantiateFunctionListItem2(ctx, NULL, JS_ATOM_NULL, (void *)entry);
    if (entry)
        return JS_NewCClosure(ctx, pristine_call, NULL, NULL, entry->u.func.length + method, kind, (void *)entry);
    if (strncmp(rest, "Get", 3) == 0 && rest[3] && (entry = pristine_find(table, rest + 3, true)))
        return JS_NewCClosure(ctx, pristine_call, NULL, NULL, 2, PRISTINE_GETTER, (void *)entry);
    if (strncmp(rest, "Set", 3) == 0 && rest[3] && (entry = pristine_find(table, rest + 3, true)))
        return JS_NewCClosure(ctx, pristine_call, NULL, NULL, 2, PRISTINE_SETTER, (void *)entry);
    return JS_UNDEFINED;
}

static JSValue pristine_value(JSContext *ctx, const char *name)
{
    for (size_t i = 0; i < countof(pristine); i++) {
        size_t prefix = pristine[i].prefix_len;
        JSValue found;

        if ((prefix && name[0] != pristine[i].prefix[0]) || strncmp(name, pristine[i].prefix, prefix) != 0 ||
            !name[prefix])
            continue;
        found = pristine_function(ctx, &pristine[i], name + prefix);
        if (!JS_IsUndefined(found))
            return found;
    }
    return JS_ThrowInternalError(ctx, "there is no primordial %s", name);
}

/* A name that is asked for the first time: its function becomes a property. */
static int primordials_get_own(JSContext *ctx, JSPropertyDescriptor *own, JSValueConst object, JSAtom key)
{
    const char *name = JS_AtomToCString(ctx, key);
    JSValue value = name ? pristine_value(ctx, name) : JS_EXCEPTION;

    JS_FreeCString(ctx, name);
    if (JS_IsException(value) || JS_DefinePropertyValue(ctx, object, key, JS_DupValue(ctx, value), 0) < 0) {
        JS_FreeValue(ctx, value);
        return -1;
    }
    if (own)
        *own = (JSPropertyDescriptor){ .value = value, .getter = JS_UNDEFINED, .setter = JS_UNDEFINED };
    else
        JS_FreeValue(ctx, value);
    return 1;
}

static JSClassExoticMethods primordials_methods = { .get_own_property = primordials_get_own };
static const JSClassDef primordials_class = { "Primordials", .exotic = &primordials_methods };

JSValue cb_engine_primordials(JSContext *ctx)
{
    JSClassID id = 0;

    JS_NewClassID(ctx->rt, &id);
    if (JS_NewClass(ctx->rt, id, &primordials_class) < 0)
        return JS_EXCEPTION;
    return JS_NewObjectProtoClass(ctx, JS_NULL, id);
}
