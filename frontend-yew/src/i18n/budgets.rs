//! Policies, budgets and vouchers.

use super::texts;

texts! {
    /// Policies.
    PolicyTexts {
        add: "Add a policy", "添加策略";
        default: "Default", "默认";
        default_help: "Its rules hold for every key, below what the key and its own policy say.", "其规则适用于所有密钥，优先级低于密钥自身及其策略。";
        delete_effect: "Keys that name it must name another one first.", "使用它的密钥须先改用其他策略。";
        delete_title: "Delete the policy “{name}”?", "删除策略“{name}”？";
        delete_verb: "Delete the policy", "删除策略";
        deleted: "Policy “{name}” was deleted", "已删除策略“{name}”";
        description: "Description", "描述";
        edit_title: "Edit “{name}”", "编辑“{name}”";
        empty_help: "A named set of rules that many keys share; change it once for all of them.", "由多个密钥共用的一组规则，修改一次即对全部生效。";
        empty_title: "No policy yet", "尚无策略";
        intro: "Rules that many keys share. A key’s own rule goes before its policy’s, and that before the default’s.", "多个密钥共用的规则。密钥自身规则优先于其策略，策略优先于默认策略。";
        keys: "Keys", "密钥数";
        limits: "Limits of the organisation", "组织限额";
        limits_help: "Over all keys together, besides what each key may.", "对全部密钥合计生效，与各密钥自身限额并行。";
        limits_person: "Limits of one person", "单个用户的限额";
        limits_person_help: "Over all of their keys together, besides what each key may.", "对其全部密钥合计生效，与各密钥自身限额并行。";
        limits_save: "Save limits", "保存限额";
        limits_saved: "The limits were saved", "已保存限额";
        name: "Name", "名称";
        rules: "Rules", "规则";
        save: "Save policy", "保存策略";
        saved: "Policy “{name}” was saved", "已保存策略“{name}”";
        self_allowed: "Members make their own keys", "成员可自行创建密钥";
        self_allowed_help: "Off, only owners and admins do.", "关闭后仅所有者和管理员可以创建。";
        self_concurrency: "Requests at a time, at most", "并发请求数上限";
        self_help: "What members may do without asking.", "成员无需申请即可进行的操作。";
        self_keys: "Keys of one member, at most", "每名成员的密钥数上限";
        self_lifetime: "Days a key lives, at most", "密钥有效天数上限";
        self_save: "Save self-service", "保存自助设置";
        self_saved: "Self-service was saved", "已保存自助设置";
        self_services: "Services", "服务";
        self_title: "Members’ self-service", "成员自助";
        self_windows: "Each key needs limits of at most", "每个密钥的限额不得超过";
        title: "Policies", "策略";
    }
}

texts! {
    /// Budgets.
    BudgetTexts {
        active: "Counts", "生效";
        active_help: "Off, it is kept but bounds nothing.", "关闭后保留但不起限制作用。";
        add: "Add a budget", "添加预算";
        begins_at: "Begins at hour", "起始小时";
        cost_centre: "Cost centre", "成本中心";
        cost_centres: "Cost centres", "成本中心";
        day: "Day", "每日";
        delete_effect: "Nothing bounds this spending any more. What was spent stays booked.", "此后不再限制这部分支出。已有记账会保留。";
        delete_title: "Delete the budget “{name}”?", "删除预算“{name}”？";
        delete_verb: "Delete the budget", "删除预算";
        deleted: "Budget “{name}” was deleted", "已删除预算“{name}”";
        edit_title: "Edit “{name}”", "编辑“{name}”";
        empty_help: "A budget bounds what an organisation, a cost centre, a user or a key may spend in a day, week, month, or at all.", "预算限制组织、成本中心、用户或密钥在每日、每周、每月或总计可支出的金额。";
        empty_title: "No budget yet", "尚无预算";
        ends: "Begins anew", "下次重置";
        ends_never: "Never begins anew", "不重置";
        fixed_help: "Whose, on which models and when it begins anew can’t be changed: add another budget instead.", "范围、模型与周期不可修改：请另建预算。";
        hard: "Refuses at its end", "用尽后拒绝";
        hard_help: "Off, it only warns.", "关闭后仅提醒。";
        intro: "How much may be spent, by whom, and by when it begins anew.", "限定谁可支出多少，以及何时重置。";
        key: "Key", "密钥";
        keys: "Keys", "密钥";
        left: "left", "剩余";
        limit: "Limit, US dollars", "上限（美元）";
        lost: "{amount} is held by a node not heard of since {when}: {node}", "{amount} 由失联节点占用，最后消息：{when}（{node}）";
        models: "Only on models", "仅限模型";
        month: "Month", "每月";
        monday: "Monday", "星期一";
        tuesday: "Tuesday", "星期二";
        wednesday: "Wednesday", "星期三";
        thursday: "Thursday", "星期四";
        friday: "Friday", "星期五";
        saturday: "Saturday", "星期六";
        sunday: "Sunday", "星期日";
        name: "Name", "名称";
        off: "Off", "停用";
        overrun: "{amount} beyond what was reserved", "超出预留 {amount}";
        period: "Begins anew each", "重置周期";
        reserved: "reserved", "已预留";
        save: "Save budget", "保存预算";
        saved: "Budget “{name}” was saved", "已保存预算“{name}”";
        scope: "Whose spending", "支出范围";
        soft: "Warns only", "仅提醒";
        spent: "spent", "已支出";
        spent_of: "{spent} of {limit}", "{spent} / {limit}";
        tenant: "Organisation", "组织";
        thresholds: "Notices at per cent", "提醒百分比";
        thresholds_help: "Rising, such as 50, 80, 100.", "递增，例如 50、80、100。";
        title: "Budgets", "预算";
        total: "Never", "不重置";
        user: "User", "用户";
        users: "Users", "用户";
        week: "Week", "每周";
        week_start: "Week begins on", "每周起始日";
        with_keys: "Budgets of single keys", "单个密钥的预算";
        zone: "Time zone", "时区";
    }
}

texts! {
    /// Vouchers.
    VoucherTexts {
        add: "Make vouchers", "生成兑换码";
        amount: "Adds to the key’s total budget, US dollars", "增加密钥总预算（美元）";
        amount_help: "Only budgets that never begin anew grow.", "仅增加不重置的预算。";
        code: "Code", "兑换码";
        count: "How many", "数量";
        created: "Made", "生成时间";
        created_help: "These codes can’t be shown again. Save the file now.", "这些兑换码无法再次显示，请立即保存文件。";
        created_title: "Vouchers are ready: {number}", "兑换码已生成：{number} 个";
        credit_words: "{amount} of credit", "{amount} 余额";
        days: "Days added to the key’s expiry", "延长密钥有效期（天）";
        days_words: "{days} days", "{days} 天";
        empty_help: "A voucher gives a key more money or more days when somebody enters its code.", "兑换码在兑换后为密钥增加金额或天数。";
        empty_title: "No voucher yet", "尚无兑换码";
        ends_in: "May be redeemed for, days", "兑换有效天数";
        expired: "Expired", "已过期";
        for_ever: "For ever", "长期有效";
        intro: "Codes that give keys more money or more days.", "为密钥增加金额或天数的兑换码。";
        key: "For the key", "用于密钥";
        key_none: "None: credit to the wallet", "不指定：充值到钱包";
        note: "What they are for", "用途";
        open: "Open", "未兑换";
        redeem: "Redeem a voucher", "兑换";
        redeem_intro: "Enter the code as it was given to you; hyphens and case do not matter.", "请输入收到的兑换码，忽略连字符与大小写。";
        redeem_verb: "Redeem", "兑换";
        redeemed: "Redeemed", "已兑换";
        redeemed_by: "Redeemed by", "兑换人";
        redeemed_toast: "It brought {value}", "已获得 {value}";
        revoke: "Take back", "撤销";
        revoke_effect: "Nobody can redeem it any more.", "之后任何人都无法兑换。";
        revoke_title: "Take back the voucher …{code}?", "撤销兑换码 …{code}？";
        revoked: "Taken back", "已撤销";
        revoked_toast: "The voucher …{code} was taken back", "已撤销兑换码 …{code}";
        save_file: "Save the codes", "保存兑换码文件";
        status: "State", "状态";
        title: "Vouchers", "兑换码";
        until: "Until", "有效至";
        value: "Brings", "内容";
    }
}
