package detect

// nameCues are words before a name, with their weights in tenths of a nat.
const nameCues = `收货人=80 收件人=80 联系人=80 姓名=80 名字=60 真名=60 本名=60 实名=40 客户=22 用户=18 会员=22 住客=50 入住人=75 预订人=75 预定人=75 订房人=75 乘客=40 旅客=40
患者=40 病人=35 我叫=80 我是=25 叫做=50 名叫=70 叫=32 就叫=50 持卡人=80 户名=80 开户名=80 签收人=80 寄件人=80 发件人=80 收款人=80 付款人=80 汇款人=80 申请人=70 车主=50 房主=45 业主=35 监护人=60
法人=35 老公=35 老婆=35 妻子=40 丈夫=40 爱人=40 朋友=22 同事=25 同学=20 经办人=70 投保人=75 被保人=75 被保险人=75 受益人=75 顾客=25 房客=40 司机=35 骑手=35 快递员=35 师傅=15 教练=20 老师=12 医生=12
经理=12 找=14 给=6 和=5 跟=8 由=6 与=5 称呼=45 尊敬的=30 亲爱的=25 您好=8 你好=8 先生=10 女士=10 亲=4 住户=35 代收人=70 提货人=70 取件人=70 取货人=70 紧急联系人=80 签收人=80 下单人=75 店长=35 群主=35 会员=25 员工=25 群主=35 法人=45 开户人=75 发货人=75 寄件=20 收件=20 名字是=70 姓名是=80 联系人是=80 人写=35 名字写=60 改成=22 改为=22 换成=22 请=6 把=6 让=6 被=6 叫我=10 实名=45 实名是=60 监护=20 登记=15 户主=60 乙方=40 甲方=40 签约人=70 投诉人=70 司机师傅=35 护工=30 保姆=30 房东=40 租客=40 医师=20 小朋友=20 宝宝=15 孩子=15 先生叫=50 女士叫=50 买家=30 卖家=20 店主=30 主播=20 负责人=45
邻居=25 女儿=35 儿子=35 妈妈=25 爸爸=25 母亲=25 父亲=25 哥哥=20 姐姐=20 弟弟=25 妹妹=25 室友=30 男友=25 女友=25 代表=10 记者=35 教授=20 导演=25 主席=12 总裁=20 董事长=22 总经理=20 队长=20 队员=20 中锋=15 后卫=15 前锋=15 门将=15 歌手=25 演员=25 作家=25 博士=22 院长=18 局长=18 书记=18 部长=18 所长=18 主任=15 律师=22 警官=20 民警=30 嫌疑人=40
总统=30 首相=28 总理=28 主帅=30 教练=25 主教练=32 球员=22 射手=22 国脚=22 将军=20 校长=20 研究员=30 分析师=30 创始人=35 董事=18 专家=18 学者=18 选手=25 车手=25 老将=20 小将=25 新秀=20
主演=30 扮演者=45 作者=25 编剧=28 制片人=32 设计师=28 画家=25 诗人=22 村民=28 市民=28 居民=25 发言人=38 秘书长=22 秘书=20 检察官=28 法官=22 院士=28 议员=25 大使=18 球星=25 中场=15 外援=22 队友=22 主持人=32 艺人=22 影星=25 男星=25 女星=25 助理=18 顾问=15 处长=20 科长=20 镇长=22 县长=22 市长=20 省长=20 站长=18 厂长=20 社长=20 团长=15 班长=20 学生=18 老人=15 男子=22 女子=20
乘机人=80 购票人=80 乘车人=80 接收人=75 委托人=70 代理人=60 担保人=70 借款人=75 还款人=75 承租人=70 出租人=70 购买人=70 使用人=60 当事人=60 举报人=60 报案人=70 申诉人=70 出行人=75 参保人=75 责任人=50 报名人=75 配送员=35 派送员=35 外卖员=35 客服=20 前台=15 家属=30 病患=35 学员=30 抬头=50 发票抬头=50 户主=75 产权人=75 备注名=70 驾驶人=70 收票人=75 开票人=70 认证人=60 被投诉人=70 添加人=60 旅客=60 代办人=70 经手人=70 联络人=80 客户名=75 用户名=20 订票人=75 就诊人=75 患者姓名=80 学员=30 家长=22 我妈=30 我爸=30 我叔=25 我姐=25 我哥=25
收貨人=80 收件人=80 聯絡人=80 聯繫人=80 戶名=80 客戶=22 開戶名=80 收款方=60 付款方=60 联系人姓名=80 客户姓名=80 收货姓名=80 真实姓名=80 中文名=60 曾用名=60 昵称=15`

// nameTitles are words after a name.
const nameTitles = `先生 女士 小姐 太太 老师 师傅 阿姨 叔叔 大爷 大妈 大哥 大姐 医生 大夫 教授 律师 警官 护士 同学 老板 经理 主任 总监 院长 校长 局长 部长 队长 店长 博士 夫人 美女 帅哥 奶奶 爷爷 伯伯 會計 会计 工程师`

// speech are words after one who says something.
const speech = `表示 认为 指出 透露 坦言 告诉 强调 解释 介绍 直言 回忆 承认 宣布 补充 回应 反映 投诉 来电 致电 说道 声称 宣称 回答 提出 建议 要求 申请 签收 下单 购买 付款 代收 本人 名下 生日`

// nameRight are characters that often follow a name.
const nameRight = "说的收先女小电手您你来已在，。、：；！？,.:;!?）)】」”（([【|/"

// notNames stand after 姓名： and the like and are none.
const notNames = `本人 未填 不详 同上 匿名 保密 暂无 没有 未知 先生 女士 如下 必填 选填 填写 不对 错了 多少 什么 用户 客户 一致 不符 信息 号码 电话 地址 手机 客服 无名 我的 您的 可以 需要 已经 修改 更改 变更 写错 打错 不是 就是 还是 前台 家人 物业 保安 门卫 邻居 同事 自己 朋友 老公 老婆 驿站 丰巢 门口 父母 家属 代收 默认 测试 为空 列表`

// notGiven are words that are no given name behind a character that may be a
// surname.
const notGiven = `妈妈 爸爸 爷爷 奶奶 宝宝 宝贝 孩子 大家 巧克 卡号 账号 帐号 电话 手机 地址 订单 单号 邮箱 微信 座机 密码 金额 余额 姓名 快递 客服 号码 信息 身份 护照 发票 退款 商品 产品 时间 问题 师傅 老板 平台 会员 优惠 活动 物流 包裹 服务 公司 丝巾 小匠 凤祥 衣服 鞋子 手机 电脑 东西 机票 车票 房间 酒店 航班 行李 数量 颜色 尺码 型号 质量 价格 邮费 运费`

// tibetan are words of which two in a row are a Tibetan name.
const tibetan = `次仁 格桑 索朗 扎西 达娃 旦增 卓玛 央金 德吉 拉姆 尼玛 洛桑 平措 多吉 仁增 白玛 曲珍 旺堆 顿珠 贡布 罗布 强巴 丹增 边巴 普布 米玛 拉巴 巴桑 嘎玛 仓决 卓嘎 曲扎 加措 坚赞 旺姆 措姆 益西 江措 桑珠 旺久 次旦 晋美 土登 阿旺 才让 才旦 永措 群培 赤列 降央 泽仁 拥措`

// whole are names of other peoples of China that stand as they are.
const whole = `其其格 巴特尔 巴雅尔 朝鲁门 苏日娜 娜仁花 格日勒 斯琴 高娃 乌云塔娜 阿拉坦 额尔敦 那日松 呼和 萨仁 托娅 图雅 哈斯 布仁 古丽 阿依努尔 买买提 艾力 热依汗 古丽娜尔 阿迪力 帕提古丽 吐尔逊`

// compound are surnames of two characters.
const compound = `欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 司徒 夏侯 端木 轩辕 南宫 百里 呼延 东郭 西门 独孤 澹台 闻人 濮阳 淳于 单于 太叔 宗政 公冶 仲孙 公羊 拓跋 谷梁 漆雕 亓官 巫马 颛孙 羊舌 左丘 申屠 赫连 完颜 钟离 鲜于 司空 万俟 歐陽 司馬 諸葛 尉遲 長孫`

// partEnds are the characters that end a part of an address.
const partEnds = "路街号號巷弄道里胡栋棟幢座楼樓元层層室户房村镇鎮乡鄉组組屯庄区區苑园園厦廈寓场場城府院坊厂廠馆館店校柜站心邨湾灣轩阁居庭墅段桥社号旗县縣盟同"

// latinHeads are the words of ASCII, but given names, with which or behind which
// something may begin.
const latinHeads = `mr mrs ms miss dr prof sir madam mister herr herrn frau monsieur madame mme mlle mevrouw meneer sr sra srta sig appelle llamo chiamo chamo nombre nome nom hei name i dear hello hi contact customer consignee recipient attn passenger guest cardholder sincerely regards called
apt suite january february march april may june july august september october november december jan feb mar apr jun jul aug sep oct nov dec wechat wechatid weixin vx wx v`

// latinIntro are the words of ASCII, besides latinHeads, behind which a name or an
// address may stand, and those for flats, boxes and roads.
const latinIntro = `first_name last_name full_name firstname lastname fullname user_name surname given_name family_name customer_name contact_name recipient_name receiver_name guest_name passenger_name shop_owner reviewer
user agent attention from to cc signed client patient author by directed thanks thank cheers best hey morning afternoon evening problem welcome sorry yours goodbye bye okay ok sure yes no professor captain
this it named speak speaking talk ask call spouse husband wife son daughter colleague friend boss manager guardian
address addr address1 address2 address_1 address_line1 street street_address shipping_address lives live lived living located residing resides reside based delivered deliver ship shipped send sent return mail moved meet arrived forward office offices house home store shop warehouse station restaurant
ste apartment flat unit po pob box psc cmr apo fpo dpo rue via viale calle avenida rua strada piazza plaza paseo carrer corso chemin boulevard avenue travessa ulica carrera largo vicolo impasse quai all utca u strasse str allee terrasse cesta ulice`

// latinEnds are the last three letters of surnames that patronym knows and of roads
// that roadTail knows.
const latinEnds = `son sen dez uez nez lez vic ich nko icz zyk ska ski sky ist vist rom tir glu los scu ann ein ger ier nen ard kis dis ili ali sse aat weg atz lee aan ata tan ade atu uja gen ien vej gur aut cht fer amm tca tve ica rkt get ken`

// secretTails are the last three letters of words for secrets.
const secretTails = `ord swd pwd ase ret ken key rer pin cvv cvc yid _id`

// latinFirst are given names that are common in English texts.
const latinFirst = `James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason Jeffrey Ryan
Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Frank Patrick Raymond Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Douglas Zachary Peter Kyle Ethan Walter Noah Jeremy
Christian Keith Roger Terry Austin Sean Gerald Carl Harold Dylan Arthur Lawrence Jordan Jesse Bryan Billy Bruce Gabriel Joe Logan Alan Juan Albert Willie Elijah Wayne Randy Vincent Mason Roy Ralph Bobby Russell Bradley Philip Eugene
Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Sandra Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Dorothy Rebecca Sharon Laura Cynthia Amy Kathleen
Angela Shirley Brenda Emma Anna Pamela Nicole Samantha Katherine Christine Helen Debra Rachel Carolyn Janet Maria Catherine Heather Diane Olivia Julie Joyce Victoria Ruth Virginia Lauren Kelly Christina Joan Evelyn Judith Andrea
Hannah Megan Cheryl Jacqueline Martha Madison Teresa Gloria Sara Janice Ann Kathryn Abigail Sophia Frances Jean Alice Judy Isabella Julia Grace Amber Denise Danielle Marilyn Beverly Charlotte Natalie Theresa Diana Brittany Doris
Kayla Alexis Lori Marie Liam Lucas Oliver Aiden Mia Ava Amelia Harper Ella Chloe Zoe Lily Ivan Sofia Yusuf Mei Fatima Omar Ahmed Mohamed Ali Raj Anya Lei Chen Wei Yara Isabella Aarav Evelyn Mohammed Ibrahim Hassan Carlos Luis Miguel Pedro
Antonio Francisco Manuel Javier Fernando Diego Andres Pablo Sergio Rafael Hans Klaus Jürgen Stefan Wolfgang Heinz Pierre Jacques Michel Philippe Luca Marco Giuseppe Giovanni Anders Lars Erik Sven Olga Natasha Dmitri Vladimir Sergei
Harry Oscar Leo Max Felix Hugo Louis Simon Martin Ian Neil Craig Stuart Graham Colin Derek Nigel Trevor Claire Fiona Gemma Holly Jane Kate Lucy Molly Naomi Paula Rosa Ruby Sally Sonia Tina Wendy Yvonne Ellen Eva Irene Nina Elena
Li Wang Zhang Liu Zhao Huang Zhou Wu Xu Sun Hu Zhu Gao Lin Guo Luo Liang Zheng Xie Feng Dong Cheng Cao Yuan Deng Fu Zeng Peng Cai Jia Ding Xue Ye Yu Pan Xia Zhong Tian Liao Zou Xiong Hao Cui Qiu Qin Shao Meng Qian Kim Park Lee Choi Nguyen Tran Sato Suzuki Tanaka Yamada`
