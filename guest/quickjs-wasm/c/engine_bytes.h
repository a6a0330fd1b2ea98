/* Direct access to the bytes of buffers and the units of strings. A part of engine_unit.c.
 *
 * What is given is valid until JavaScript runs or anything is allocated: a guest can detach or shrink a buffer. So a
 * caller has read its other arguments by then. */

static bool view_of_dataview(JSObject *object, uint8_t **bytes, size_t *len)
{
    JSTypedArray *view = object->u.typed_array;
    JSArrayBuffer *buffer = view->buffer->u.array_buffer;

    if (dataview_is_oob(object))
        return false;
    *bytes = buffer->data + view->offset;
    *len = view->track_rab ? buffer->byte_length - view->offset : view->length;
    return true;
}

static bool view_of_typed_array(JSObject *object, uint8_t **bytes, size_t *len)
{
    if (typed_array_is_oob(object))
        return false;
    *bytes = object->u.array.u.uint8_ptr;
    *len = (size_t)object->u.array.count << typed_array_size_log2(object->class_id);
    return true;
}

uint8_t *cb_engine_bytes(JSContext *ctx, JSValueConst value, bool to_write, size_t *len)
{
    static uint8_t nothing[1];
    JSObject *object = JS_VALUE_GET_TAG(value) == JS_TAG_OBJECT ? JS_VALUE_GET_OBJ(value) : NULL;
    JSArrayBuffer *buffer;
    uint8_t *bytes = NULL;
    bool usable;

    *len = 0;
    if (object && object->class_id == JS_CLASS_ARRAY_BUFFER) {
        buffer = object->u.array_buffer;
        usable = !buffer->detached;
        bytes = buffer->data;
        *len = usable ? buffer->byte_length : 0;
    } else if (object && object->class_id >= JS_CLASS_UINT8C_ARRAY && object->class_id <= JS_CLASS_DATAVIEW) {
        buffer = object->u.typed_array->buffer->u.array_buffer;
        usable = object->class_id == JS_CLASS_DATAVIEW ? view_of_dataview(object, &bytes, len)
                                                       : view_of_typed_array(object, &bytes, len);
    } else {
        JS_ThrowTypeError(ctx, "not a buffer");
        return NULL;
    }
    if (!usable) {
        JS_ThrowTypeErrorDetachedArrayBuffer(ctx);
        return NULL;
    }
    if (to_write && buffer->immutable) {
        JS_ThrowTypeErrorImmutableArrayBuffer(ctx);
        return NULL;
    }
    return bytes ? bytes : nothing;
}

/* A rope is made one string first, which may run out of memory. */
bool cb_engine_string(JSContext *ctx, JSValueConst value, cb_string_t *string)
{
    JSString *content;

    string->owner = JS_UNDEFINED;
    if (!JS_IsString(value)) {
        JS_ThrowTypeError(ctx, "not a string");
        return false;
    }
    string->owner = JS_ToString(ctx, value);
    if (JS_IsException(string->owner))
        return false;
    content = JS_VALUE_GET_STRING(string->owner);
    string->len = content->len;
    string->wide = content->is_wide_char;
    string->latin1 = string->wide ? NULL : str8(content);
    string->utf16 = string->wide ? str16(content) : NULL;
    return true;
}

JSValue cb_engine_new_latin1(JSContext *ctx, size_t len, uint8_t **units)
{
    JSString *string;

    *units = NULL;
    if (len == 0)
        return js_empty_string(ctx->rt);
    if (len > JS_STRING_LEN_MAX)
        return JS_ThrowRangeError(ctx, "invalid string length");
    string = js_alloc_string(ctx, (int)len, 0);
    if (!string)
        return JS_EXCEPTION;
    *units = str8(string);
    (*units)[len] = '\0';
    return JS_MKPTR(JS_TAG_STRING, string);
}

JSValue cb_engine_new_utf16(JSContext *ctx, size_t len, uint16_t **units)
{
    JSString *string;

    *units = NULL;
    if (len == 0)
        return js_empty_string(ctx->rt);
    if (len > JS_STRING_LEN_MAX)
        return JS_ThrowRangeError(ctx, "invalid string length");
    string = js_alloc_string(ctx, (int)len, 1);
    if (!string)
        return JS_EXCEPTION;
    *units = str16(string);
    return JS_MKPTR(JS_TAG_STRING, string);
}

/* An array buffer of bytes from js_malloc, which it owns from now on, also where this fails. */
JSValue cb_engine_new_buffer(JSContext *ctx, uint8_t *bytes, size_t len)
{
    JSValue buffer = JS_NewArrayBuffer(ctx, bytes, len, 0, js_array_buffer_realloc, NULL, false);

    if (JS_IsException(buffer))
        js_free(ctx, bytes);
    return buffer;
}

bool cb_engine_tracks_length(JSValueConst view)
{
    JSObject *object = JS_VALUE_GET_TAG(view) == JS_TAG_OBJECT ? JS_VALUE_GET_OBJ(view) : NULL;

    return object && object->class_id >= JS_CLASS_UINT8C_ARRAY && object->class_id <= JS_CLASS_DATAVIEW &&
           object->u.typed_array->track_rab;
}
