// What the settings are for, in Chinese. In English the programs tell it themselves
// (common/settings_table.c), and that is shown for what has no text here. Loaded by the page of
// the settings, and only in Chinese.

import type { SettingTexts } from '@/lib/settings';

const texts: SettingTexts = {
  groups: {
    Redis: 'Redis',
    Names: '名称',
    'Pushes and reports': '推送与报告',
    'Offline delivery': '离线投递',
    Archive: '归档库',
    'API programs': 'API 程序',
    Connector: '连接器',
    Callbacks: '回调',
    'Push providers': '推送服务商',
    'Metrics and probes': '指标与探针',
    Log: '日志',
  },
  help: {
    redis_address: 'Redis 服务器：host:port、host（端口 6379）或 unix:/path。',
    redis_db: 'Redis 数据库的编号。',
    redis_password: 'Redis 的密码；服务器无需密码时留空。',
    redis_prefix:
      '加在每个 Redis 键之前，使多套系统可以共用一台服务器。同一套系统的所有程序必须相同。',
    redis_timeout: '连接 Redis 以及等待每次应答的最长时间。',

    key_reg:
      '命名空间的 key、房间、用户编号和 uuid 必须匹配的规则：POSIX 扩展正则表达式，也支持 Perl 的 \\w 和 \\d。',
    namespace_max_length: '命名空间 key 的最大长度（字节）。',
    room_max_length: '房间名称的最大长度（字节）。',
    userid_max_length: '用户编号的最大长度（字节）。',
    uuid_max_length: '设备 uuid 的最大长度（字节）。',

    idempotency_time: '在此时间内以相同 Idempotency-Key 重发的推送不会再次投递。',
    inbox_max_length:
      '每个连接器在 Redis 中最多可等待的条目数；超出时丢弃较旧的，连接器再从各命名空间的推送日志补上。',
    push_log_max_length: '每个命名空间的推送日志保留多少条推送；一度失去连接的连接器据此补上。',
    push_max_rooms: '一条消息最多可发往多少个房间。',
    push_message_expire: '推送未指定时，消息保留多久。',
    push_message_list_max_limit: '推送报告最多列出命名空间的多少条最新消息。',
    push_message_max_expire: '推送最长可要求消息保留多久。',
    report_online_list_max_limit: '房间、用户或客户端多于此数时，在线报告不再列出相应名单。',
    report_push_ack_detail_max_limit: '确认数达到此值后，推送报告不再列出客户端。',
    timezone:
      '按哪个时区的天、小时和分钟统计推送：Asia/Shanghai 这样的名称，或 local（所在主机的时区）。',

    android_unread_message_list_max_limit:
      '每个客户端离线期间最多为其保留多少条消息：保留最新的，直至过期。',
    apns_aps_alert: '推送没有给出 alert 时，APNs 通知所用的 alert。',
    apns_payload_size: '带 leaveMessage 的推送，其 pushData.apsData 的最大长度。',
    client_legacy_expire: '超过此时间未连接的客户端，管理员可以清理。',
    client_push_interval: '同一客户端两次推送之间的最短间隔。',
    offline_max_length: '最多可有多少条消息等待离线投递；超出后，带 leaveMessage 的推送会被拒绝。',
    offline_providers: '设备有多个设备令牌时，依次尝试各推送服务的顺序：前一个拒绝后换下一个。',
    unread_platforms:
      '哪些平台的客户端重新连接时，通过 offlineMessage 事件得到错过的消息：web、ios、android。',
    worker_message_timeout: '客户端在此时间内没有确认的消息将转为离线投递。',

    archive:
      '工作进程将推送过的消息及其结果写入的数据库：sqlite:/文件路径、postgresql://user:password@host/database 或 off（不启用）。同一套系统的所有程序必须相同。',
    archive_backlog_max:
      '归档库不可用时，每个命名空间最多可有多少条推送在 Redis 中等待；更早的不再归档，并计数。',
    archive_clients: '是否也归档每个客户端的上线和下线。',
    archive_days: '命名空间未指定时，归档库保留多少天。0：永久保留。',

    admin_api_listen:
      'light-push-admin-api 的 FastCGI 地址：host:port 或 unix:/path；留空则使用进程管理器经标准输入交来的套接字。',
    admin_name: '管理员名称，不能含有冒号。',
    admin_passwd: '管理员密码。留空时，管理 API 拒绝所有登录。',
    api_listen: 'light-push-api 的 FastCGI 地址；格式同 admin_api_listen。',
    api_threads: '一个 API 进程同时处理的请求数。',
    cors_origins:
      '允许哪些来源的网页调用 API 和连接连接器，例如 https://example.org；* 表示全部，与 light-push 1.x 相同。为 * 时 API 不允许携带凭据，连接器则依 cors_credentials 而定。留空：全部不允许；此时仅用 websocket 的连接仍对所有网页开放。',
    login_failures:
      '一个客户端地址（IPv6 按 /64）在 login_failures_time 内允许的登录失败次数；超出后以 429 拒绝，此前没有从该地址成功登录过的正确密码也不例外，直到部分失败记录到期。每个 API 进程各自计数。位于代理之后时，必须告诉 Web 服务器可以信任哪些代理转发的地址，否则所有调用方会被视为同一个。0：不限。',
    login_failures_time: '一个地址的上述登录失败次数经过多久全部到期。',
    max_body: 'API 请求内容的最大长度。',

    ack_interval: '确认和计数先汇集这么久，再一并写入 Redis。',
    ack_window: '连接器只接受每个命名空间最近多少条消息的确认。',
    body_timeout: '长轮询请求的内容须在此时间内收完。',
    compression_threshold: '小于此长度的消息和长轮询应答不压缩。',
    connect_timeout: '会话在此时间内没有加入任何命名空间即被关闭。',
    cookie:
      '将会话编号交给长轮询客户端的 cookie 名称，供按 cookie 转发的负载均衡器使用；客户端本身不需要。留空：不发 cookie。',
    cors_credentials:
      'cors_origins 所允许的网页（包括由 * 允许的）在连接时可否携带凭据。socket.io 客户端早于 3.0 的网页总会携带，为 false 时无法连接。',
    duplicate_client:
      '某个客户端已在线（无论在哪个连接器上），又以相同编号连接时：replace 取代旧连接，reject 拒绝新连接。',
    eio_missing: '对于不带 EIO 的握手（旧客户端如此）：3 按 engine.io 3 处理，reject 拒绝。',
    eio_versions:
      '支持的协议：3 用于 socket.io 1 和 2 的客户端，4 用于 3 及更新的客户端。其他的被拒绝。',
    header_max: '请求头（含 cookie 和 URL）的最大长度。',
    header_timeout: '请求头须在此时间内收完。',
    http_compression: '对支持 gzip 的客户端，是否压缩长轮询应答。',
    lease_time: '连接器超过此时间没有消息即视为已停止，其客户端视为已离线。',
    max_clients: '一个连接器的会话数上限，超出的被拒绝。',
    max_control_frames: '一次最多从一个连接接收多少个 websocket ping 和 pong；超出的连接被关闭。',
    max_fragments: '一条 websocket 消息最多可有多少个分片。',
    max_namespaces: '一个会话最多可加入多少个命名空间。',
    max_packets: '一个长轮询请求中最多可有多少个数据包。',
    max_payload: '可从客户端接收的消息或长轮询请求的最大长度。',
    max_rooms: '一个客户端最多可加入多少个房间。',
    node_id:
      '本连接器在每个会话编号中的标记，Web 服务器据此将请求转发回来：由字母和数字组成。各连接器必须不同。',
    pingInterval: '两次 ping 之间的时间。',
    pingTimeout: 'ping 迟到超过此时间，会话即被关闭。',
    room_activity_broadcast:
      '客户端加入或离开房间时，若其自身有此要求，是否通知房间内的其他客户端。',
    send_queue_max: '一个连接最多可有多少字节等待发送；接收过慢的客户端会被断开。',
    sessions_per_address:
      '同一地址的客户端在本连接器上的会话数上限，超出的被拒绝。IPv6 地址按前 64 位计。许多人可能共用一个地址。0：不限。',
    socket_ip: '连接器监听的地址。',
    socket_path: 'socket.io 端点的路径。',
    socket_port: '连接器监听的端口。',
    tls_cert:
      '证书及其中间证书的 PEM 文件。与 tls_key 一同设置后，连接器使用 TLS（1.2 或更新）代替明文 HTTP。收到 SIGHUP 时重新读取这两个文件。',
    tls_key: 'tls_cert 对应私钥的 PEM 文件，不能带密码。',
    token_leeway:
      '允许与客户端令牌（connect_auth）签发方的时钟相差多少。令牌过期的客户端也晚这么久才被断开。',
    transports: '客户端可以使用的传输方式。',
    trusted_proxies:
      '位于连接器之前的 Web 服务器和负载均衡器的地址：对它们转来的请求，以 X-Forwarded-For 的最后一项为客户端地址。',
    upgrade_timeout: '会话须在此时间内完成从长轮询到 websocket 的升级。',
    websocket_compression:
      'websocket 可否压缩消息（permessage-deflate）。发给众多客户端的消息只压缩一次，客户端发来的则须逐个解压，耗费时间。',

    callback_concurrency: '一个程序对一个命名空间同时进行的调用数。',
    callback_failures:
      '命名空间的回调服务器连续多少次调用没有应答后，在 callback_pause 期间不再调用；之后用一次调用试探是否恢复。',
    callback_hosts:
      '回调 URL 可以使用的主机，须与 URL 中的写法完全一致。留空：全部，包括您内部网络中的主机。如果不应让命名空间的所有者访问到这些主机，请列出允许调用的主机。',
    callback_pause: '回调服务器没有应答时，停止调用多久。',
    callback_queue: '一个程序中，一个命名空间最多可有多少次调用排队；超出的立即失败。',
    callback_queue_max: '所有命名空间在 Redis 中等待的断开回调总数上限；超出的丢失，并计数。',
    callback_retry: '断开回调失败后重试多久；之后存入命名空间的列表，可供查看和重发。',
    callback_timeout:
      '一次回调的最长时间，其中建立连接最多占一半。此前排队等待的时间上限与之相同。',

    apns_address: 'APNs 的地址，用于 apns_list 中 apns_env 为 production 的各项。',
    apns_sandbox_address: 'APNs 的地址，用于 apns_env 为 dev 的各项。',
    fcm_address: 'Firebase Cloud Messaging 的地址。',
    fcm_token_hosts: '服务账号的 token_uri 可以使用的主机：工作进程向其申请访问令牌。',
    provider_ca_file: '签发推送服务商证书的 CA 的 PEM 文件。留空：系统所信任的 CA。',
    provider_concurrency: '在一个工作进程中，一个命名空间对一个推送服务商同时进行的请求数。',
    provider_idle: '与推送服务商的连接超过此时间没有发送任何内容即被关闭。',
    provider_queue:
      '在一个工作进程中，一个命名空间最多可有多少个请求排队等待同一推送服务商；超出的推迟发送。',
    provider_streams: '与推送服务商的一个连接上同时进行的请求数，以对方允许为限。',
    provider_timeout: '对推送服务商的一次请求的最长时间。',
    secret_keys:
      '推送服务商的证书和密钥在 Redis 中加密保存所用的密钥：格式为 名称:密钥，名称由字母和数字组成，密钥为 base64 编码的 32 个随机字节（openssl rand -base64 32），多个以逗号分隔。第一个用于加密；旧的要保留给用它们加密过的内容，直到其命名空间的 push_providers 重新保存。API 程序和工作进程必须相同。没有密钥则无法保存这些机密。',
    webpush_hosts:
      '客户端给出的 Web Push 订阅，其 endpoint 可以使用的主机（端口 443）：主机名，或 *.主机名（其下的所有主机）；其他端口写作 主机名:端口。* 允许任何具有公网地址的主机。',

    metrics_ip: 'metrics_port 所用的地址。能访问它的人可以看到各命名空间的名称。',
    metrics_namespaces: '在连接器的指标中，客户端最多的多少个命名空间单独列出；其余的合计。',
    metrics_port:
      '连接器或工作进程以明文 HTTP 提供 /metrics（供 Prometheus 抓取）、/healthz 和 /readyz 的端口。同一主机上的各进程必须不同，与 node_id 一样最好由命令行或环境变量指定。0：不提供。',

    log_format: '日志格式：text 为文本行，json 为每行一个 JSON 对象。',
    log_level: '日志的详细程度。',
    log_path: '日志追加写入的文件；留空则写到标准输出。',
  },
};

export default texts;
