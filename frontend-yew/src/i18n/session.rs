//! Signing up and in.

use super::texts;

texts! {
    /// Signing up and in.
    SessionTexts {
        admin_title: "Sign in to administration", "登录管理端";
        admin_help: "For owners, admins and finance.", "供所有者、管理员和财务使用。";
        email: "E-mail address", "电子邮箱";
        has_organisation: "Your organisation is here already?", "组织已经注册？";
        name: "Your name", "您的姓名";
        new_here: "New here?", "还没有账号？";
        organisation: "Organisation", "组织名称";
        organisation_help: "As your colleagues call it.", "同事们熟悉的名称。";
        password: "Password", "密码";
        password_help: "At least 10 characters. A few words are easier to remember than odd signs.", "至少 10 个字符。几个词组成的密码比特殊符号更好记。";
        promise: "One gateway for your organisation's AI requests, metered and booked to the last token.", "为组织的 AI 请求提供统一网关，计量与记账精确到每一个 Token。";
        promise_keys: "A key for each person and program, with limits of its own", "每个人、每个程序各有密钥，各设限额";
        promise_ledger: "A ledger in which every request is booked exactly once", "每个请求在账本中只记一次，准确无误";
        promise_relay: "Claude Code and the SDKs work by a change of base URL alone", "Claude Code 与各 SDK 只需更改基础地址即可使用";
        sign_in: "Sign in", "登录";
        sign_in_title: "Sign in to Tollgate", "登录 Tollgate";
        sign_up: "Create the organisation", "创建组织";
        sign_up_link: "Sign up an organisation", "注册组织";
        sign_up_title: "Sign up an organisation", "注册组织";
        sign_up_help: "You become its owner and are signed in at once.", "您将成为所有者，并立即登录。";
        slug: "Short name", "短名称";
        slug_help: "Stands in addresses; made from the organisation's name if left empty.", "用于地址；留空则根据组织名称生成。";
        time_zone: "Time zone", "时区";
        time_zone_help: "The organisation's days and months begin in it.", "组织的日、月统计以此时区为准。";
        to_admin: "Sign in to administration", "登录管理端";
        to_user: "Sign in as a member", "以成员身份登录";
    }
}
