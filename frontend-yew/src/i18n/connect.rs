//! Connecting accounts at their vendors, doing things to many at once, and carrying them as files.

use super::texts;

texts! {
    /// Connecting an account at its vendor's own page.
    ConnectTexts {
        again: "Start again", "重新开始";
        anew: "Connect anew", "重新连接";
        code: "Code or address", "代码或地址";
        connected: "“{name}” is connected", "“{name}”已连接";
        expired: "The time is over. Start again to get a new link.", "已超时，请重新开始以获取新链接。";
        finish: "Connect", "连接";
        forms_help: "With a key, a token, an Entra ID application or an AWS role there is nothing to sign in to:", "使用密钥、令牌、Entra ID 应用或 AWS 角色时无需登录：";
        get_link: "Get the link", "获取链接";
        intro: "You sign in at the vendor's own page and bring a code back. Its tokens are stored encrypted and renewed by themselves.", "您在供应商自己的页面登录并带回代码。令牌加密保存并自动续期。";
        left: "{time} left", "剩余 {time}";
        name: "Name", "名称";
        name_help: "What the account is called here.", "账户在此处的名称。";
        open: "Connect", "连接账户";
        open_page: "Open the vendor's page", "打开供应商页面";
        paste_address: "After you agree, the browser ends at an address that does not answer. Copy that whole address from the address bar.", "同意后，浏览器会停在一个无法打开的地址。请复制地址栏中的完整地址。";
        paste_code: "After you agree, the page shows a code. Copy it.", "同意后，页面会显示代码。请复制它。";
        paste_shown: "After you agree, the page shows a code. Copy all of it, the part after # included.", "同意后，页面会显示代码。请完整复制，包括 # 之后的部分。";
        project_help: "Only where your licence needs one; else Google names its own.", "仅在您的许可需要时填写；否则由 Google 分配。";
        show: "Show the account", "查看账户";
        step_open: "1. Open this link, sign in and agree", "1. 打开此链接，登录并同意";
        step_paste: "2. Bring back what the page gave you", "2. 带回页面给出的内容";
        title: "Connect an account", "连接账户";
        title_anew: "Connect “{name}” anew", "重新连接“{name}”";
        way: "Which subscription?", "哪种订阅？";
        way_claude: "Claude Pro or Max", "Claude Pro 或 Max";
        way_claude_help: "By sign-in; the token is renewed by itself.", "通过登录授权，令牌自动续期。";
        way_google: "Gemini Code Assist", "Gemini Code Assist";
        way_google_help: "With a Google account; its project is set up along the way.", "使用 Google 账号，过程中自动设置项目。";
        way_openai: "ChatGPT (Codex)", "ChatGPT（Codex）";
        way_openai_help: "What a ChatGPT plan includes for Codex.", "ChatGPT 方案中包含的 Codex 用量。";
        way_setup_token: "Claude, set-up token", "Claude 设置令牌";
        way_setup_token_help: "Lives a year, may only be used for requests, and is not renewed.", "有效期一年，仅用于请求，不会续期。";
    }
}

texts! {
    /// Doing things to many accounts at once.
    BulkTexts {
        all_that_match: "Choose all {number} that match", "选择全部 {number} 个匹配项";
        clear: "Choose none", "取消选择";
        delete_effect: "Requests stop going to them at once. Their bookings stay. This can't be undone.", "将立即停止向它们发送请求。已有记账会保留。此操作无法撤销。";
        delete_title: "Delete {number} accounts?", "删除 {number} 个账户？";
        disable: "Pause", "暂停";
        done: "Done", "完成";
        enable: "Resume", "恢复";
        failed: "Refused", "失败";
        group: "Add to a group", "加入分组";
        more: "More", "更多";
        proxy: "Set the proxy", "设置代理";
        result: "Result", "结果";
        result_title: "What came of it", "执行结果";
        summary: "{done} done, {failed} refused", "完成 {done} 个，失败 {failed} 个";
        tag: "Add a tag", "添加标签";
        test: "Test", "测试";
        test_effect: "Each is sent one small real request, paid at the vendor.", "将向每个账户发送一个小的真实请求，由供应商计费。";
        test_title: "Test {number} accounts?", "测试 {number} 个账户？";
        ticked: "{number} chosen", "已选 {number} 个";
        title: "With all that are chosen", "对所选项执行";
        too_many: "At most {max} at a time", "每次最多 {max} 个";
        unchanged: "Unchanged", "无变化";
        ungroup: "Take out of a group", "移出分组";
        untag: "Remove a tag", "移除标签";
        why: "Why", "原因";
    }
}

texts! {
    /// Accounts as files.
    CarryTexts {
        all_or_none: "Nothing is added as long as a row is faulty. Add what it lacks, then check the file again.", "只要有一行有误，就不会添加任何账户。请补全所缺内容后重新检查文件。";
        created: "Added", "将添加";
        exists: "There already; left as it is", "已存在，保持不变";
        export: "Export accounts", "导出账户";
        export_intro: "Saves the accounts' settings as a file.", "将账户设置保存为文件。";
        faulty: "Faulty", "有误";
        file: "File", "文件";
        import: "Import accounts", "导入账户";
        import_intro: "Reads accounts from a file that was exported. Those that are there already are left as they are.", "从导出的文件读取账户。已存在的账户保持不变。";
        imported: "{number} accounts were added", "已添加 {number} 个账户";
        look: "Check the file", "检查文件";
        menu: "Import and export", "导入与导出";
        no_secret: "Lacks its credential", "缺少凭据";
        not_saved: "The browser refused to save the file.", "浏览器拒绝保存文件。";
        passphrase: "Passphrase", "口令";
        passphrase_help: "Encrypts the credentials. Whoever has both can use the accounts; without it, they can't be read.", "用于加密凭据。同时持有文件和口令者可使用这些账户；没有口令则无法读取。";
        passphrase_import_help: "With which the file was exported.", "导出文件时使用的口令。";
        save: "Save the file", "保存文件";
        with_secrets: "With credentials", "包含凭据";
        with_secrets_help: "Encrypted under a passphrase. Switched off, the file holds no secret.", "以口令加密。关闭时文件不含任何机密。";
        would: "What would come of it", "预期结果";
    }
}
