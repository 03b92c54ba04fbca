; Environment: env::var("NAME"), env!("NAME"), #[arg(env = "NAME")], Arg::env("NAME").
((call_expression
  function: (scoped_identifier path: [(identifier) @_env (scoped_identifier name: (identifier) @_env)] name: (identifier) @_var)
  arguments: (arguments . [(string_literal) (raw_string_literal)] @environment_key.name))
  (#eq? @_env "env") (#any-of? @_var "var" "var_os") (#set! gate "env::var"))
; Functions of the file that read what they are given.
((call_expression
  function: (scoped_identifier path: [(identifier) @_env (scoped_identifier name: (identifier) @_env)] name: (identifier) @_var)
  arguments: (arguments . (identifier) @environment_key.passed))
  (#eq? @_env "env") (#any-of? @_var "var" "var_os") (#set! gate "env::var"))
((call_expression
  function: [(identifier) @environment_key.by (scoped_identifier name: (identifier) @environment_key.by) (field_expression field: (field_identifier) @environment_key.by)]
  arguments: (arguments (identifier) @environment_key.passed))
  (#set! gate "env::var"))
((call_expression
  function: [(identifier) @environment_key.by (scoped_identifier name: (identifier) @environment_key.by) (field_expression field: (field_identifier) @environment_key.by)]
  arguments: (arguments (string_literal) @environment_key.name))
  (#set! gate "env::var"))
((call_expression
  function: [(identifier) @environment_key.by (scoped_identifier name: (identifier) @environment_key.by) (field_expression field: (field_identifier) @environment_key.by)]
  arguments: (arguments (string_literal) @environment_key.name))
  (#match? @environment_key.by "[eE][nN][vV]") (#match? @environment_key.name "^.[A-Z][A-Z0-9_]+.$")
  (#set! gate "nv( env_ _env envb envint envs EnvO EnvB EnvI EnvS EnvD EnvW EnvV EnvF EnvR ENV_") (#set! elsewhere ""))
((call_expression function: (identifier) @_env arguments: (arguments . (string_literal) @environment_key.name))
  (#any-of? @_env "env" "option_env") (#set! gate "env!"))
((macro_invocation macro: (identifier) @_env (token_tree . (string_literal) @environment_key.name))
  (#any-of? @_env "env" "option_env") (#set! gate "env!"))
((attribute_item (attribute (identifier) @_attribute
  arguments: (token_tree (identifier) @_env . "=" . (string_literal) @environment_key.name)))
  (#any-of? @_attribute "arg" "clap" "command") (#eq? @_env "env") (#set! requires "clap"))
((call_expression
  function: (field_expression field: (field_identifier) @_env)
  arguments: (arguments . (string_literal) @environment_key.name .))
  (#eq? @_env "env") (#set! requires "clap"))

; Routes of axum: .route("/path", get(handler).post(handler)), .nest("/path", Router::new()…).
((call_expression
  function: (field_expression field: (field_identifier) @_route)
  arguments: (arguments . (string_literal) @route.name . [
    (call_expression
      function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method) (field_expression field: (field_identifier) @route.method)]
      arguments: (arguments . (_) @route.handler))
    (call_expression function: (field_expression value: (call_expression
      function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method) (field_expression field: (field_identifier) @route.method)]
      arguments: (arguments . (_) @route.handler))))
    (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression
      function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)]
      arguments: (arguments . (_) @route.handler))))))]))
  (#eq? @_route "route") (#set! requires "axum"))
((call_expression
  function: (field_expression field: (field_identifier) @_nest)
  arguments: (arguments . (string_literal) @route.prefix . (_) @route.scope))
  (#eq? @_nest "nest") (#set! requires "axum"))

; Routes of actix-web and rocket: #[get("/path")], with what the function is added to by its name.
((attribute_item (attribute [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)]
    arguments: (token_tree . (string_literal) @route.name)))
  . (attribute_item)* . (function_item) @route.handler
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "head" "options") (#set! requires "actix_web rocket") (#set! handed ""))
((call_expression
  function: (field_expression field: (field_identifier) @_mount)
  arguments: (arguments . (string_literal) @mount.path . (call_expression
    function: (identifier) @_routes arguments: (arguments [(identifier) (scoped_identifier)] @mount.target))))
  (#eq? @_mount "mount") (#eq? @_routes "routes") (#set! requires "rocket"))

; Routes of actix-web: scope("/path") and resource("/path") with all that is called on them, .route("/path", get().to(handler)), .to(handler).
((call_expression
  function: [(identifier) @_scope (scoped_identifier name: (identifier) @_scope)]
  arguments: (arguments . (_) @route.prefix .)) @route.scope
  (#any-of? @_scope "scope" "resource") (#set! requires "actix_web") (#set! chained ""))
((call_expression
  function: (field_expression value: (_) @route.on field: (field_identifier) @_route)
  arguments: (arguments . (string_literal) @route.name . [
    (call_expression function: (field_expression value: [
      (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])
      (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))
      (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))))] field: (field_identifier) @_to) arguments: (arguments . (_) @route.handler))
    (call_expression function: (field_expression value: (call_expression function: (field_expression value: [
      (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])
      (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))
      (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))))] field: (field_identifier) @_to) arguments: (arguments . (_) @route.handler))))
    (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: (field_expression value: [
      (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])
      (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))
      (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))))] field: (field_identifier) @_to) arguments: (arguments . (_) @route.handler))))))] .))
  (#eq? @_route "route") (#eq? @_to "to") (#any-of? @route.method "get" "post" "put" "patch" "delete" "head" "trace" "route" "method")
  (#set! requires "actix_web") (#set! method "ANY") (#set! relative "") (#set! chained ""))
((call_expression
  function: (field_expression value: (_) @route.on field: (field_identifier) @_route)
  arguments: (arguments . [
    (call_expression function: (field_expression value: [
      (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])
      (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))
      (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))))] field: (field_identifier) @_to) arguments: (arguments . (_) @route.handler))
    (call_expression function: (field_expression value: (call_expression function: (field_expression value: [
      (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])
      (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))
      (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))))] field: (field_identifier) @_to) arguments: (arguments . (_) @route.handler))))
    (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: (field_expression value: [
      (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])
      (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))
      (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)])))))] field: (field_identifier) @_to) arguments: (arguments . (_) @route.handler))))))] .))
  (#eq? @_route "route") (#eq? @_to "to") (#any-of? @route.method "get" "post" "put" "patch" "delete" "head" "trace" "route" "method")
  (#set! requires "actix_web") (#set! method "ANY") (#set! scoped "") (#set! chained ""))
((call_expression
  function: (field_expression
    value: [
      (call_expression function: [(identifier) @_resource (scoped_identifier name: (identifier) @_resource)])
      (call_expression function: (field_expression value: (call_expression function: [(identifier) @_resource (scoped_identifier name: (identifier) @_resource)])))
      (call_expression function: (field_expression value: (call_expression function: (field_expression value: (call_expression function: [(identifier) @_resource (scoped_identifier name: (identifier) @_resource)])))))] @route.on
    field: (field_identifier) @route.method)
  arguments: (arguments . (_) @route.handler .))
  (#eq? @_resource "resource") (#any-of? @route.method "to" "get" "post" "put" "patch" "delete" "head")
  (#set! requires "actix_web") (#set! method "ANY") (#set! scoped "") (#set! chained ""))

; What they are added to: App::new(), what .configure(..) hands to a function.
((call_expression function: (scoped_identifier path: (_) @_app name: (identifier) @_new)) @receiver
  (#match? @_app "(^|::)App$") (#eq? @_new "new") (#set! requires "actix_web") (#set! chained ""))
((parameter
  pattern: (identifier) @receiver
  type: (reference_type type: [(type_identifier) @_config (scoped_type_identifier name: (type_identifier) @_config)]))
  (#eq? @_config "ServiceConfig") (#set! requires "actix_web") (#set! given ""))
((call_expression
  function: (field_expression field: (field_identifier) @_configure)
  arguments: (arguments . (closure_expression parameters: (closure_parameters . [(identifier) @receiver (parameter pattern: (identifier) @receiver)]))))
  (#eq? @_configure "configure") (#set! requires "actix_web"))
((function_item body: (block (identifier) @receiver.returned .)) (#set! requires "actix_web"))
((return_expression (identifier) @receiver.returned) (#set! requires "actix_web"))
((call_expression
  function: (field_expression value: (_) @mount.onto field: (field_identifier) @_service)
  arguments: (arguments . [
    [(identifier) (scoped_identifier) (call_expression function: [(identifier) (scoped_identifier)])] @mount.target
    (tuple_expression [(identifier) (scoped_identifier)] @mount.target)
    (call_expression function: (identifier) @_services arguments: (arguments [(identifier) (scoped_identifier)] @mount.target))] .))
  (#eq? @_service "service") (#eq? @_services "services") (#set! requires "actix_web") (#set! chained ""))
((call_expression
  function: (field_expression value: (_) @mount.onto field: (field_identifier) @_configure)
  arguments: (arguments . [(identifier) (scoped_identifier)] @mount.target .))
  (#eq? @_configure "configure") (#set! requires "actix_web") (#set! chained "") (#set! given ""))
((call_expression
  function: [(identifier) (scoped_identifier)] @mount.target
  arguments: (arguments (identifier) @mount.onto))
  (#set! requires "actix_web") (#set! known "") (#set! given ""))

; Requests: reqwest::get("https://host/path"), client.post("https://host/path").
((call_expression
  function: [(field_expression field: (field_identifier) @request.method) (scoped_identifier path: (identifier) @_reqwest name: (identifier) @request.method)]
  arguments: (arguments . (string_literal) @request.name .))
  (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#match? @_reqwest "^(reqwest|blocking|ureq)$")
  (#match? @request.name "://") (#set! requires "reqwest ureq"))

; Commands: the variants of what derives clap's Subcommand, and .subcommand(Command::new("name")…).
((attribute_item (attribute (identifier) @_derive arguments: (token_tree) @_traits))
  . (attribute_item)* . (enum_item body: (enum_variant_list (enum_variant name: (identifier) @command.name) @command.handler))
  (#eq? @_derive "derive") (#match? @_traits "Subcommand") (#set! requires "clap structopt") (#set! kebab ""))
((attribute_item (attribute (identifier) @_derive arguments: (token_tree) @_traits))
  . (attribute_item)* . (enum_item body: (enum_variant_list
    (attribute_item (attribute (identifier) @_clap arguments: (token_tree (identifier) @_name . "=" . (string_literal) @command.name)))
    . (attribute_item)* . (enum_variant name: (identifier) @command.of) @command.handler))
  (#eq? @_derive "derive") (#match? @_traits "Subcommand") (#any-of? @_clap "command" "clap" "structopt") (#eq? @_name "name")
  (#set! requires "clap structopt"))
((call_expression function: (scoped_identifier path: (identifier) @_command name: (identifier) @_new) arguments: (arguments . (string_literal) @command.name .))
  (#any-of? @_command "Command" "App" "SubCommand") (#any-of? @_new "new" "with_name") (#set! requires "clap.Command clap.App clap.SubCommand"))

; Routes of poem and tide: .at("/path", get(handler)), app.at("/path").get(handler).
((call_expression
  function: (field_expression field: (field_identifier) @_at)
  arguments: (arguments . (string_literal) @route.name . (call_expression
    function: [(identifier) @route.method (scoped_identifier name: (identifier) @route.method)]
    arguments: (arguments . (_) @route.handler))))
  (#eq? @_at "at") (#set! requires "poem"))
((call_expression
  function: (field_expression
    value: (call_expression function: (field_expression field: (field_identifier) @_at) arguments: (arguments . (string_literal) @route.name .))
    field: (field_identifier) @route.method)
  arguments: (arguments . (_) @route.handler .))
  (#eq? @_at "at") (#any-of? @route.method "get" "post" "put" "patch" "delete" "head" "options" "all") (#set! requires "tide"))
((call_expression
  function: (field_expression field: (field_identifier) @_nest)
  arguments: (arguments . (string_literal) @route.prefix . (_) @route.scope))
  (#eq? @_nest "nest") (#set! requires "poem"))

; Events: NATS, Kafka, RabbitMQ, Redis, the windows of Tauri.
((call_expression
  function: (field_expression value: (_) @_client field: (field_identifier) @_publish)
  arguments: (arguments . [(string_literal) @publisher.name (call_expression function: (field_expression value: (string_literal) @publisher.name))]))
  (#any-of? @_publish "publish" "request" "publish_with_headers") (#set! requires "async_nats nats redis"))
((call_expression
  function: (field_expression field: (field_identifier) @_subscribe)
  arguments: (arguments . [
    (string_literal) @subscriber.name
    (call_expression function: (field_expression value: (string_literal) @subscriber.name))
    (reference_expression (array_expression (string_literal) @subscriber.name))]))
  (#any-of? @_subscribe "subscribe" "queue_subscribe") (#set! requires "async_nats nats redis rdkafka"))
((call_expression
  function: (scoped_identifier path: (_) @_record name: (identifier) @_to)
  arguments: (arguments . (string_literal) @publisher.name .))
  (#match? @_record "(Future|Base)Record$") (#eq? @_to "to") (#set! requires "rdkafka"))
((call_expression
  function: (field_expression field: (field_identifier) @_consume)
  arguments: (arguments . (string_literal) @subscriber.name))
  (#eq? @_consume "basic_consume") (#set! requires "lapin"))
((call_expression
  function: (field_expression field: (field_identifier) @_publish)
  arguments: (arguments . (_) . (string_literal) @publisher.name))
  (#eq? @_publish "basic_publish") (#set! requires "lapin"))
((call_expression
  function: (field_expression field: (field_identifier) @_emit)
  arguments: (arguments . (string_literal) @publisher.name))
  (#any-of? @_emit "emit" "emit_all") (#set! requires "tauri"))
((call_expression
  function: (field_expression field: (field_identifier) @_listen)
  arguments: (arguments . (string_literal) @subscriber.name . (_) @subscriber.handler))
  (#any-of? @_listen "listen" "once" "listen_any" "listen_global") (#set! requires "tauri"))

; Settings: the config crate.
((call_expression
  function: (field_expression field: (field_identifier) @_get)
  arguments: (arguments . (string_literal) @configuration_key.name .))
  (#any-of? @_get "get_string" "get_int" "get_bool" "get_float" "get_table" "get_array") (#set! requires "config"))
