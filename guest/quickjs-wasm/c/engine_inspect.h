/* What util.inspect and util.types tell of an object that none of its properties does. A part of engine_unit.c. */

/* The name of an object's class, whatever its prototype or tag says: "Map", "Map Iterator", "Proxy". */
JSValue cb_engine_kind(JSContext *ctx, JSValueConst value)
{
    JSObject *object;

    if (JS_VALUE_GET_TAG(value) != JS_TAG_OBJECT)
        return JS_UNDEFINED;
    object = JS_VALUE_GET_OBJ(value);
    if (object->class_id == JS_CLASS_MODULE_NS)
        return JS_NewString(ctx, "Module");
    if (object->class_id == JS_CLASS_PROXY)
        return JS_AtomToString(ctx, JS_ATOM_Proxy);
    return JS_AtomToString(ctx, ctx->rt->class_array[object->class_id].class_name);
}

/* Whether a function is a class. The text says so where there is one; a module of ours has none. The prototype of a
 * class is its own and cannot be replaced, which tells it from a method that is named `class`. */
bool cb_engine_is_class(JSContext *ctx, JSValueConst value)
{
    JSObject *object = JS_VALUE_GET_TAG(value) == JS_TAG_OBJECT ? JS_VALUE_GET_OBJ(value) : NULL;
    JSFunctionBytecode *bytecode;
    JSShapeProperty *shape;
    JSProperty *property;

    if (!object || object->class_id != JS_CLASS_BYTECODE_FUNCTION)
        return false;
    bytecode = object->u.func.function_bytecode;
    if (bytecode->source && (bytecode->source_len < 5 || memcmp(bytecode->source, "class", 5) != 0))
        return false;
    shape = find_own_property(&property, object, JS_ATOM_prototype);
    return shape && (shape->flags & (JS_PROP_WRITABLE | JS_PROP_TMASK)) == 0;
}

/* Whether an array or a typed array has an element for every index and nothing else. */
bool cb_engine_is_dense(JSContext *ctx, JSValueConst value)
{
    JSObject *object = JS_VALUE_GET_TAG(value) == JS_TAG_OBJECT ? JS_VALUE_GET_OBJ(value) : NULL;
    uint32_t length;

    if (!object || !object->fast_array)
        return false;
    if (object->class_id != JS_CLASS_ARRAY)
        return object->shape->prop_count == 0;
    return object->shape->prop_count == 1 && JS_ToUint32(ctx, &length, object->prop[0].u.value) == 0 &&
           length == object->u.array.count;
}

/* Properties are defined, not set: a setter of a guest's could change the collection in the middle of the walk. */
static int put_record(JSContext *ctx, JSValueConst array, uint32_t *at, JSMapRecord *record, bool keys, bool values)
{
    if (record->empty)
        return 0;
    if (keys && JS_DefinePropertyValueUint32(ctx, array, (*at)++, js_dup(record->key), JS_PROP_C_W_E) < 0)
        return -1;
    if (values && JS_DefinePropertyValueUint32(ctx, array, (*at)++, js_dup(record->value), JS_PROP_C_W_E) < 0)
        return -1;
    return 0;
}

/* The entries that a weak collection has, or that an iterator of a Map or a Set would still give, in an array; those
 * that are pairs one after the other, with `*pairs` set. Nothing is consumed. */
JSValue cb_engine_entries(JSContext *ctx, JSValueConst value, bool *pairs)
{
    JSObject *object = JS_VALUE_GET_TAG(value) == JS_TAG_OBJECT ? JS_VALUE_GET_OBJ(value) : NULL;
    int class = object ? object->class_id : 0;
    bool iterates = class == JS_CLASS_MAP_ITERATOR || class == JS_CLASS_SET_ITERATOR;
    bool of_set = class == JS_CLASS_SET_ITERATOR || class == JS_CLASS_WEAKSET;
    JSMapIteratorData *iterator = iterates ? object->u.map_iterator_data : NULL;
    bool keys = true, values = class == JS_CLASS_WEAKMAP;
    JSValue array = JS_NewArray(ctx);
    struct list_head *link;
    JSMapState *map;
    uint32_t at = 0;

    *pairs = values;
    if (JS_IsException(array) || (!iterates && class != JS_CLASS_WEAKMAP && class != JS_CLASS_WEAKSET) ||
        (iterates && (!iterator || JS_IsUndefined(iterator->obj))))
        return array;
    map = iterates ? JS_VALUE_GET_OBJ(iterator->obj)->u.map_state : object->u.map_state;
    link = iterates && iterator->cur_record ? iterator->cur_record->link.next : map->records.next;
    if (iterates) {
        *pairs = iterator->kind == JS_ITERATOR_KIND_KEY_AND_VALUE;
        keys = of_set || iterator->kind != JS_ITERATOR_KIND_VALUE;
        values = !of_set && iterator->kind != JS_ITERATOR_KIND_KEY;
    }
    for (; link != &map->records; link = link->next) {
        JSMapRecord *record = list_entry(link, JSMapRecord, link);

        if (put_record(ctx, array, &at, record, keys, values) < 0 ||
            (of_set && *pairs && put_record(ctx, array, &at, record, true, false) < 0)) {
            JS_FreeValue(ctx, array);
            return JS_EXCEPTION;
        }
    }
    return array;
}
