; Environment: sys.env("NAME"), sys.env.get("NAME"), System.getenv("NAME").
((call_expression
  function: (field_expression value: (identifier) @_sys field: (identifier) @_env)
  arguments: (arguments . (string) @environment_key.name))
  (#eq? @_sys "sys") (#eq? @_env "env") (#set! gate "sys.env"))
((call_expression
  function: (field_expression
    value: (field_expression value: (identifier) @_sys field: (identifier) @_env)
    field: (identifier) @_get)
  arguments: (arguments . (string) @environment_key.name))
  (#eq? @_sys "sys") (#eq? @_env "env") (#any-of? @_get "get" "getOrElse" "contains" "apply") (#set! gate "sys.env"))
((call_expression
  function: (field_expression value: (identifier) @_system field: (identifier) @_getenv)
  arguments: (arguments . (string) @environment_key.name))
  (#eq? @_system "System") (#eq? @_getenv "getenv") (#set! gate "getenv"))

; Settings: System.getProperty("name"), sys.props("name").
((call_expression
  function: (field_expression value: (identifier) @_system field: (identifier) @_get)
  arguments: (arguments . (string) @configuration_key.name))
  (#any-of? @_system "System" "sys") (#any-of? @_get "getProperty" "props") (#set! gate "System.getProperty sys.props"))

; Routes of Scalatra, which stand in the body of a class: get("/path") { … }, post("/path", form)(guard { … }). The class may inherit what
; imports Scalatra from one of the repository. Tests ask routes with the same words, in blocks.
((template_body [
  (call_expression
    function: (call_expression function: (identifier) @route.method arguments: (arguments . (string) @route.name))
    arguments: [(block) (arguments [(call_expression) (block) (lambda_expression)])] @route.handler)
  (val_definition value: (call_expression
    function: (call_expression function: (identifier) @route.method arguments: (arguments . (string) @route.name))
    arguments: [(block) (arguments [(call_expression) (block) (lambda_expression)])] @route.handler))])
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "options") (#set! requires "org.scalatra") (#set! inline ""))
([(class_definition extend: (extends_clause type: (_) @_base) body: (template_body (call_expression
    function: (call_expression function: (identifier) @route.method arguments: (arguments . (string) @route.name))
    arguments: [(block) (arguments [(call_expression) (block) (lambda_expression)])] @route.handler)))
  (trait_definition extend: (extends_clause type: (_) @_base) body: (template_body (call_expression
    function: (call_expression function: (identifier) @route.method arguments: (arguments . (string) @route.name))
    arguments: [(block) (arguments [(call_expression) (block) (lambda_expression)])] @route.handler)))]
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "options") (#match? @_base "(Controller|Servlet)(Base)?$")
  (#set! gate "Controller Servlet") (#set! inline ""))
((function_definition (annotation
  name: (stable_type_identifier (identifier) @_cask (type_identifier) @route.method)
  arguments: (arguments . (string) @route.name))) @route.handler
  (#eq? @_cask "cask") (#any-of? @route.method "get" "post" "put" "patch" "delete") (#set! gate "@cask."))

; Requests: the client of Play, ws.url("https://host/path").get().
((call_expression function: (field_expression
  value: (call_expression function: (field_expression value: (identifier) @_ws field: (identifier) @_url) arguments: (arguments . (string) @request.name .))
  field: (identifier) @request.method))
  (#match? @_ws "^(ws|wsClient)$") (#eq? @_url "url") (#any-of? @request.method "get" "post" "put" "patch" "delete" "head") (#set! requires "play.api.libs.ws"))

; Commands: scopt's cmd("name"), decline's Command("name", …) and Opts.subcommand("name", …).
((call_expression function: (identifier) @_cmd arguments: (arguments . (string) @command.name .))
  (#eq? @_cmd "cmd") (#set! requires "scopt"))
((call_expression function: (identifier) @_command arguments: (arguments . (string) @command.name))
  (#eq? @_command "Command") (#set! requires "com.monovore.decline"))
((call_expression
  function: (field_expression value: (identifier) @_opts field: (identifier) @_subcommand)
  arguments: (arguments . (string) @command.name))
  (#eq? @_opts "Opts") (#eq? @_subcommand "subcommand") (#set! requires "com.monovore.decline"))

; Events: records of Kafka.
((instance_expression
  [(type_identifier) @_record (generic_type type: (type_identifier) @_record)]
  arguments: (arguments . (string) @publisher.name))
  (#eq? @_record "ProducerRecord") (#set! requires "org.apache.kafka"))
