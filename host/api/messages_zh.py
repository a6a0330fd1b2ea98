"""What the host writes, in Simplified Chinese, by its English template. `{}` stands for what varies.

A test compares the templates with the source: a message that is changed or added there has to be changed here.
"""

MESSAGES: dict[str, str] = {
    # host/api/intake.py
    "The header {} stands twice": "请求头 {} 重复出现",
    "Send it once.": "请只发送一次。",
    "The Content-Type is not application/json": "Content-Type 不是 application/json",
    "Send `Content-Type: application/json`, in UTF-8.": "请发送 `Content-Type: application/json`，并使用 UTF-8 编码。",
    "The body has a Content-Encoding": "请求体带有 Content-Encoding",
    "Send the body as it is.": "请发送未经压缩的请求体。",
    "The body is not UTF-8 at byte {}": "请求体在第 {} 字节处不是 UTF-8",
    "Send JSON in UTF-8.": "请发送 UTF-8 编码的 JSON。",
    "The input is nested too deeply": "input 嵌套过深",
    "Send a flatter input.": "请发送层次较浅的 input。",
    "The field `{}` stands twice": "字段 `{}` 重复出现",
    "Send each field once.": "每个字段请只发送一次。",
    "Recording is not available": "暂不支持录制",
    "Leave out `record`.": "请去掉 `record`。",
    "The policy `{}` takes no seed": "策略 `{}` 不接受 seed",
    "Leave out `seed`, or use a policy that has `random: seeded`.": (
        "请去掉 `seed`，或使用设置了 `random: seeded` 的策略。"
    ),
    "There is more than one of `code` and `codebase64`": "`code` 与 `codebase64` 只能提供一个",
    "There is none of `code` and `codebase64`": "缺少 `code` 或 `codebase64`",
    "Send exactly one of them.": "请发送其中恰好一个。",
    "The code is empty": "代码为空",
    "Send the body of a JavaScript function, which uses `return`.": "请发送使用 `return` 的 JavaScript 函数体。",
    "`codebase64` is not base64": "`codebase64` 不是有效的 base64",
    "Use the standard or the URL-safe alphabet, without blanks or line breaks.": (
        "请使用标准或 URL 安全的字母表，不要包含空格或换行。"
    ),
    "The code is not UTF-8 at byte {}": "代码在第 {} 字节处不是 UTF-8",
    "Encode the source as UTF-8, then as base64.": "请先将源代码编码为 UTF-8，再编码为 base64。",
    "There is no field `{}`": "没有字段 `{}`",
    "Did you mean `{}`?": "是否想写 `{}`？",
    "The fields are {}.": "可用的字段有 {}。",
    "The field `{}` is wrong: {}": "字段 `{}` 有误：{}",
    "The body is wrong: {}": "请求体有误：{}",
    "Send a JSON object.": "请发送一个 JSON 对象。",
    "The body is empty": "请求体为空",
    "The body is not JSON: {}": "请求体不是 JSON：{}",
    "Send a JSON object, in UTF-8 and without a BOM.": "请发送不带 BOM 的 UTF-8 编码的 JSON 对象。",
    # host/api/executions.py
    "The body did not come in time": "请求体未能及时到达",
    "Send it without pauses.": "请不要在发送过程中停顿。",
    "The body ended too early": "请求体提前结束",
    "Check its length or its chunks.": "请检查其长度或分块。",
    "The body is larger than {} bytes": "请求体超过 {} 字节",
    "Send less code or less input.": "请减少代码或 input。",
    # host/api/idempotency.py, host/api/sqlite_answers.py
    "The Idempotency-Key is not a key": "Idempotency-Key 不是有效的键",
    "Send 1 to 255 visible ASCII characters, such as a UUID; with commas, semicolons or quotes among them, as a "
    "string in quotes.": "请发送 1 到 255 个可见 ASCII 字符，例如 UUID；含有逗号、分号或引号时，请写成带引号的字符串。",
    "The Idempotency-Key belongs to another request": "该 Idempotency-Key 属于另一个请求",
    "Take a new key for each request; repeat one unchanged.": "每个请求请使用新的键；重试时请保持请求不变。",
    "The first request with this Idempotency-Key is still running": "使用该 Idempotency-Key 的第一个请求仍在执行",
    "Try again later with the same key.": "请稍后用同一个键重试。",
    "The code has run under this Idempotency-Key, and there was no room to keep its answer": (
        "代码已在该 Idempotency-Key 下执行过，但没有空间保存其响应"
    ),
    "It is not run again. Take a new key to run it once more, and return less.": (
        "它不会再次执行。如需再执行一次，请使用新的键，并减少返回的内容。"
    ),
    "All of your idempotency keys are in use": "您的幂等键已全部占用",
    "Each is free again 24 hours after its first request. Until then send what needs none without a key.": (
        "每个键在其首次请求 24 小时后释放。在此之前，不需要键的请求请不要带键。"
    ),
    "The answers that are kept for your idempotency keys take up all of their room": (
        "为您的幂等键保存的响应已占满空间"
    ),
    "An answer is dropped after 24 hours. Return less, or send what needs no key without one.": (
        "响应在 24 小时后删除。请减少返回的内容，或让不需要键的请求不带键。"
    ),
    "The answers that are kept for idempotency keys take up all of the room that this service has for them": (
        "此服务为幂等键保存的响应已占满空间"
    ),
    "An answer is dropped after 24 hours. Until then send what needs no key without one.": (
        "响应在 24 小时后删除。在此之前，不需要键的请求请不要带键。"
    ),
    "The service keeps no answers": "此服务不保存响应",
    "Send the request without an Idempotency-Key.": "请发送不带 Idempotency-Key 的请求。",
    "The service cannot keep answers for an Idempotency-Key now, so that nothing was run": (
        "服务目前无法为 Idempotency-Key 保存响应，因此没有执行任何代码"
    ),
    "Try again later. If it stays, the operator finds the reason in the log.": (
        "请稍后再试。如仍出现，运维人员可在日志中找到原因。"
    ),
    "Too many requests with an Idempotency-Key wait": "等待中的带 Idempotency-Key 的请求过多",
    "The server holds as many bodies as it has memory for": "服务器用于请求体的内存已满",
    # host/api/running.py
    "You have no execution of that id that is running": "您没有正在运行的该 id 的执行",
    "It may have ended.": "它可能已经结束。",
    # host/api/drain.py
    "The server is stopping": "服务器正在停止",
    "Send the request again.": "请重新发送请求。",
    # host/api/auth.py
    "There is no policy that you may use": "没有您可以使用的策略",
    "Ask the operator for one in access.yaml.": "请让运维人员在 access.yaml 中授予一个策略。",
    "You may not use a policy named `{}`": "您不能使用名为 `{}` 的策略",
    "Those you may use: {}.": "您可以使用的策略：{}。",
    "Without access.yaml the service answers to requests for localhost only": (
        "没有 access.yaml 时，服务只响应发往 localhost 的请求"
    ),
    "Call it as 127.0.0.1 or localhost, or write access.yaml.": (
        "请用 127.0.0.1 或 localhost 访问，或编写 access.yaml。"
    ),
    "A token is needed": "需要令牌",
    "Send `Authorization: Bearer TOKEN`.": "请发送 `Authorization: Bearer TOKEN`。",
    "The Authorization header is not a bearer token": "Authorization 请求头不是 bearer 令牌",
    "Send `Bearer TOKEN`.": "请发送 `Bearer TOKEN`。",
    "The token is not known": "未知的令牌",
    "Ask the operator for a token in access.yaml.": "请让运维人员在 access.yaml 中配置令牌。",
    # host/api/problems.py
    "The service failed; the fault is not in your request": "服务内部出错，问题不在您的请求",
    "There is nothing at this path": "该路径不存在",
    "This path does not take this method": "该路径不支持此方法",
    "The request cannot be understood": "无法理解该请求",
    "GET / lists the paths.": "GET / 会列出所有路径。",
    "It takes {}.": "它支持 {}。",
    # host/app.py
    "This server has console off for every policy; its operator allows it with ALLOW_CONSOLE.": (
        "此服务器对所有策略关闭了 console；运维人员可以用 ALLOW_CONSOLE 允许。"
    ),
    # host/execution
    "All execution slots are taken and the queue is full": "所有执行槽均被占用，且队列已满",
    "The queue is full, and others wait for less": "队列已满，且其他调用者等待的请求更少",
    "No execution slot became free within {} s": "{} 秒内没有空闲的执行槽",
    "Your rate is used up: {} executions in {} s": "您的速率额度已用完：{} 次执行 / {} 秒",
    "The policy's rate is used up: {} executions in {} s": "该策略的速率额度已用完：{} 次执行 / {} 秒",
    "Try again after {} s.": "请在 {} 秒后重试。",
    "Your fuel for today is used up: {} units a day": "您今天的燃料已用完：每天 {} 单位",
    "It is filled again at midnight UTC.": "燃料在 UTC 零点恢复。",
    "The execution was cancelled": "执行已被取消",
    "The client closed the connection before the execution had ended": "客户端在执行结束之前关闭了连接",
    "The server is stopping, and the execution did not end in its grace period": (
        "服务器正在停止，执行未能在宽限期内结束"
    ),
    "An execution under this policy may need {} MiB, and the server has {} MiB for all of them": (
        "此策略下的一次执行可能需要 {} MiB 内存，而服务器可供所有执行使用的共有 {} MiB"
    ),
    "Its operator lowers the policy's limits.memory, or raises MAX_EXECUTION_MEMORY_MB.": (
        "请运维人员调低该策略的 limits.memory，或调高 MAX_EXECUTION_MEMORY_MB。"
    ),
    "Try again later.": "请稍后再试。",
    "The code has {} bytes; the limit is {}": "代码为 {} 字节，上限为 {}",
    "The input has {} bytes; the limit is {}": "input 为 {} 字节，上限为 {}",
    "The code has no `return`": "代码中没有 `return`",
    "End the code with `return value`.": "请用 `return value` 结束代码。",
    "The execution took longer than its wall time of {} ms": "执行超过了 {} 毫秒的时限",
    "The execution used up its fuel of {} units": "执行耗尽了 {} 单位的燃料",
    "The execution reached its memory limit of {} bytes": "执行达到了 {} 字节的内存上限",
    "The result cannot be written as JSON: it is nested too deeply for a client to read": (
        "结果无法写成 JSON：嵌套过深，客户端无法读取"
    ),
    "Return a flatter structure.": "请返回层次较浅的结构。",
    "The result is larger than {} bytes": "结果超过 {} 字节",
    "Return less, or part of it.": "请减少返回的内容，或只返回一部分。",
    "The execution has made the {} host calls that its policy allows": "执行已用完策略允许的 {} 次宿主调用",
    "Make fewer calls; a policy sets the number with limits.host_calls.": (
        "请减少调用次数；策略通过 limits.host_calls 设定次数。"
    ),
    "The policy does not grant this host call": "策略未授予此宿主调用",
    "The execution has {} host calls open": "执行有 {} 个宿主调用尚未结束",
    "The host calls that the execution has open were given {} bytes": "执行尚未结束的宿主调用共携带了 {} 字节的数据",
    "Wait for those that were begun, before the next are.": "请等待已开始的调用结束，再开始新的调用。",
    "The server has no secret `{}`": "服务器没有名为 `{}` 的密钥",
    "Its operator has to provide it.": "需由运维人员提供。",
    # guest/quickjs-wasm: what the guest's runtime writes on the host's behalf
    "The code returned no value (undefined)": "代码没有返回值（undefined）",
    "End the code with `return value`, or return null.": "请用 `return value` 结束代码，或返回 null。",
    "The result cannot be written as JSON: it is a function or a symbol": "结果无法写成 JSON：它是函数或 symbol",
    "The result cannot be written as JSON: {}": "结果无法写成 JSON：{}",
    "Return plain data: objects, arrays, strings, numbers, booleans or null.": (
        "请返回普通数据：对象、数组、字符串、数字、布尔值或 null。"
    ),
    "Deadlock: the code waits for a promise that nothing can settle any more": (
        "死锁：代码在等待一个再也无法完成的 promise"
    ),
    "Resolve or reject every promise that the code awaits.": "请让代码等待的每个 promise 都能完成或拒绝。",
    "The input cannot be read: {}": "无法读取 input：{}",
    "The policy does not allow code to be made from text (eval, Function)": (
        "策略不允许由文本生成代码（eval、Function）"
    ),
    "Write the code as functions; a policy may allow this with language.eval: true.": (
        "请把代码写成函数；策略可以用 language.eval: true 允许。"
    ),
    "A timer's callback must be a function: text is not compiled": "定时器的回调必须是函数：文本不会被编译",
    "Pass a function: setTimeout(() => {{ ... }}, ms).": "请传入函数：setTimeout(() => {{ ... }}, ms)。",
    "console is switched off by the policy": "策略关闭了 console",
    "Return what you want to see; a policy allows console with language.console: true.": (
        "请用返回值查看；策略可以用 language.console: true 允许 console。"
    ),
    "Module '{}' is not available to code blocks": "代码块不能使用模块“{}”",
    "The policy does not list the module '{}'": "策略没有列出模块“{}”",
    "A policy grants it with modules: [{}].": "策略可以用 modules: [{}] 授予。",
    "Code has no files: pass data in as `input` and return it.": (
        "代码没有文件：请用 `input` 传入数据，并用返回值传出。"
    ),
    "Code cannot start processes.": "代码不能启动进程。",
    "Use fetch, where the policy grants it.": "请使用策略授予的 fetch。",
    "Code does not see the machine it runs on.": "代码看不到运行它的机器。",
    "Code is not made from text: write functions.": "代码不能由文本生成：请编写函数。",
    "Run several executions instead.": "请改为运行多个执行。",
    "Use fetch with a host name; names are resolved by the host.": "请用主机名调用 fetch；名称由宿主解析。",
    "Use fetch with an https URL, where the policy grants it.": "请用策略授予的 fetch 访问 https URL。",
    "Modules come with the image; require them by name.": "模块随镜像提供，请按名称 require。",
    "There is no terminal: return a value or use console.log.": "没有终端：请返回值，或使用 console.log。",
    "There is no V8 here: the engine is QuickJS-ng.": "这里没有 V8：引擎是 QuickJS-ng。",
}
