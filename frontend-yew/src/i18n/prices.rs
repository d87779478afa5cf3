//! Prices, the price book, plans.

use super::texts;

texts! {
    /// Prices.
    PriceTexts {
        added: "{number} added", "新增 {number} 项";
        author: "By", "操作人";
        base: "Base", "标准";
        batch: "Batch tier", "批处理";
        book: "Price book", "价格簿";
        book_intro: "What upstreams ask, by model, from which day on: the cost of the platform’s own accounts, and what customers without a plan pay. USD per million tokens, calls and pictures each.", "各模型的上游价格及生效日期：即平台自有账户的成本，也是无方案客户支付的价格。Token 按每百万美元计，调用与图片按次计。";
        changed: "{number} changed", "变更 {number} 项";
        comes: "From {day}: {prices}", "自 {day} 起：{prices}";
        compare: "Compare with", "与之比较";
        compare_none: "Compare with …", "与其他版本比较……";
        confirm: "Make it effective", "确认生效";
        csv: "CSV (model_prices.csv)", "CSV（model_prices.csv）";
        each: "each", "每次";
        edit: "Change prices", "修改价格";
        edit_intro: "Makes a version of its own out of the newest one. What was booked before keeps its prices.", "基于最新版本生成一个新版本。此前已记账的费用保持原价。";
        effective: "Effective from", "生效时间";
        effective_help: "A day in your organisation's zone; empty: at once.", "按组织时区填写日期；留空表示立即生效。";
        effective_placeholder: "2026-12-31", "2026-12-31";
        empty_help: "Connect an account, or ask for a group of accounts: then the models that it serves are listed with their prices.", "接入账户或获得账户组授权后，可用模型及其价格会显示在这里。";
        empty_title: "No prices yet", "暂无价格";
        file: "Price list", "价格表文件";
        format: "Format", "格式";
        holds: "Holds now", "当前生效";
        import: "Import a list", "导入价格表";
        import_intro: "What would change is shown first; nothing holds before it is confirmed.", "先显示将发生的变更；确认之前不会生效。";
        input: "Input", "输入";
        intro: "What your organisation pays for each model. Tokens are priced per million, calls and pictures each.", "贵组织各模型的价格。Token 按每百万计价，调用与图片按次计价。";
        left_out: "Passed over: {number} × {why}", "已跳过：{number} × {why}";
        litellm: "LiteLLM (JSON)", "LiteLLM（JSON）";
        long: "Prompts above {tokens} tokens cost more: see the long prices.", "提示超过 {tokens} 个 Token 时按长上下文价格计费。";
        look: "See what changes", "查看变更";
        meter_audio_cached: "Sound, cache read", "音频（缓存读取）";
        meter_audio_input: "Sound, input", "音频输入";
        meter_audio_output: "Sound, output", "音频输出";
        meter_code_execution: "Code execution", "代码执行";
        meter_file_search: "File searches", "文件搜索";
        meter_image: "Pictures made", "生成图片";
        meter_image_input: "Pictures, input", "图片输入";
        meter_image_output: "Pictures, output", "图片输出";
        meter_minimum: "Up to the plan's least charge", "补足方案最低费用";
        meter_reasoning: "Thinking", "思考";
        meter_request: "Fee per request", "按次费用";
        meter_web_search: "Web searches", "网页搜索";
        mine: "Your prices", "您的价格";
        minimum: "At least {amount} a request", "每次请求至少 {amount}";
        model: "Model", "模型";
        note: "Note", "备注";
        other: "Other prices", "其他价格";
        output: "Output", "输出";
        own_account: "your own account", "自有账户";
        platform_only: "on {platform} alone", "仅限 {platform}";
        prices: "Prices, one a line", "价格（每行一项）";
        prices_help: "Name and price, such as `input 3`, `batch_output 7.5`, `web_search 0.01`.", "名称与价格，例如 `input 3`、`batch_output 7.5`、`web_search 0.01`。";
        provider: "Provider", "供应商";
        read: "Cache read", "缓存读取";
        removed: "{number} removed", "移除 {number} 项";
        rounding: "Each line is rounded once, half to even ({rule}).", "每行金额只舍入一次，四舍六入五成双（{rule}）。";
        rows: "Models", "模型数";
        same: "{number} the same", "{number} 项不变";
        scheduled: "Scheduled", "待生效";
        search: "Find a model", "查找模型";
        service: "Service", "服务";
        source: "From", "来源";
        title: "Prices", "价格";
        versions: "Versions", "版本";
        view: "What to show", "显示内容";
        written: "The version is written.", "版本已写入。";
    }
}

texts! {
    /// Plans.
    PlanTexts {
        add: "Make a plan", "新建方案";
        assign: "Give a plan", "分配方案";
        assigned: "The plan is given.", "方案已分配。";
        assignments: "Who has which", "分配情况";
        change: "Change it from a day on", "自某日起变更";
        description: "What it is for", "用途";
        empty_help: "Without a plan, organisations pay list prices.", "没有方案时，组织按标准价付费。";
        empty_title: "No plans yet", "暂无方案";
        factor: "Factor on list prices", "标准价系数";
        factor_help: "1.15 is 15 % more than the list.", "1.15 表示比标准价高 15%。";
        intro: "What customers pay on the platform’s own accounts: list prices times a factor, or prices of the plan’s own.", "客户使用平台自有账户时支付的价格：标准价乘以系数，或方案自有价格。";
        list_prices: "List prices", "标准价";
        made: "The plan is written.", "方案已写入。";
        minimum: "Least per request (USD)", "每次请求最低费用（美元）";
        name: "Name", "名称";
        organisation: "Organisation", "组织";
        own_factor: "Factor on their own accounts", "自有账户系数";
        plan: "Plan", "方案";
        rules: "Rules, one a line", "规则（每行一条）";
        rules_help: "Words `platform=…`, `provider=…`, `model=…` (with *), `tag=…`, then a factor: `model=claude-opus-* 1.3`; or own prices: `tag=lab input=4 output=20`. The first that fits holds.", "写 `platform=…`、`provider=…`、`model=…`（可用 *）、`tag=…`，再写系数：`model=claude-opus-* 1.3`；或写自有价格：`tag=lab input=4 output=20`。首个匹配的规则生效。";
        tenants: "Organisations", "组织数";
        title: "Plans", "方案";
        versions: "{number} versions", "{number} 个版本";
    }
}
