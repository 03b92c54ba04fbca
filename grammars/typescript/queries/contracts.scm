; Environment: process.env.NAME, process.env["NAME"], { NAME } = process.env, import.meta.env.NAME, Deno.env.get("NAME").
((member_expression
  object: (member_expression object: (identifier) @_object property: (property_identifier) @_env)
  property: (property_identifier) @environment_key.name)
  (#any-of? @_object "process" "Bun") (#eq? @_env "env") (#not-eq? @environment_key.name "hasOwnProperty")
  (#set! gate "process.env Bun.env"))
((subscript_expression
  object: (member_expression object: (identifier) @_object property: (property_identifier) @_env)
  index: (string) @environment_key.name)
  (#any-of? @_object "process" "Bun") (#eq? @_env "env") (#set! gate "process.env Bun.env"))
; Functions of the file that read what they are given, and names that are put together.
((subscript_expression
  object: (member_expression object: (identifier) @_object property: (property_identifier) @_env)
  index: (identifier) @environment_key.passed)
  (#any-of? @_object "process" "Bun") (#eq? @_env "env") (#set! gate "process.env Bun.env"))
((call_expression
  function: [(identifier) @environment_key.by (member_expression property: (property_identifier) @environment_key.by)]
  arguments: (arguments (identifier) @environment_key.passed))
  (#set! gate "process.env Bun.env"))
((call_expression
  function: [(identifier) @environment_key.by (member_expression property: (property_identifier) @environment_key.by)]
  arguments: (arguments (string) @environment_key.name))
  (#set! gate "process.env Bun.env"))
((subscript_expression
  object: (member_expression object: (identifier) @_object property: (property_identifier) @_env)
  index: (binary_expression left: (_) @_left operator: "+" right: (string) @environment_key.name))
  (#any-of? @_object "process" "Bun") (#eq? @_env "env") (#not-match? @_left "^[\"'`]")
  (#set! gate "process.env Bun.env") (#set! computed "before"))
((call_expression
  function: [(identifier) @environment_key.by (member_expression property: (property_identifier) @environment_key.by)]
  arguments: (arguments (string) @environment_key.name))
  (#match? @environment_key.by "[eE][nN][vV]") (#match? @environment_key.name "^.[A-Z][A-Z0-9_]+.$")
  (#set! gate "nv( env_ _env envb envint envs EnvO EnvB EnvI EnvS EnvD EnvW EnvV EnvF EnvR ENV_") (#set! elsewhere ""))
((variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @environment_key.name
    (object_assignment_pattern left: (shorthand_property_identifier_pattern) @environment_key.name)
    (pair_pattern key: (property_identifier) @environment_key.name)])
  value: (member_expression object: (identifier) @_object property: (property_identifier) @_env))
  (#any-of? @_object "process" "Bun") (#eq? @_env "env") (#set! gate "process.env Bun.env"))
((member_expression
  object: (member_expression object: (meta_property) property: (property_identifier) @_env)
  property: (property_identifier) @environment_key.name)
  (#eq? @_env "env") (#set! gate "import.meta.env"))
((call_expression
  function: (member_expression
    object: (member_expression object: (identifier) @_deno property: (property_identifier) @_env)
    property: (property_identifier) @_get)
  arguments: (arguments . (string) @environment_key.name))
  (#eq? @_deno "Deno") (#eq? @_env "env") (#any-of? @_get "get" "has") (#set! gate "Deno.env"))

; Settings: the configuration service of NestJS and node-config.
((call_expression
  function: (member_expression
    object: [(identifier) @_config (member_expression property: (property_identifier) @_config)]
    property: (property_identifier) @_get)
  arguments: (arguments . (string) @configuration_key.name))
  (#match? @_config "[cC]onfig") (#any-of? @_get "get" "getOrThrow" "has") (#set! requires "@nestjs/config config"))

; Where routes are added: what express(), new Hono() and the like give back, and parameters that are typed or called so.
((variable_declarator name: (identifier) @receiver value: [
  (call_expression function: [(identifier) @_make (member_expression property: (property_identifier) @_make)])
  (await_expression (call_expression function: [(identifier) @_make (member_expression property: (property_identifier) @_make)]))
  (new_expression constructor: [(identifier) @_make (member_expression property: (property_identifier) @_make)])])
  (#match? @_make "^(express|[rR]outer|KoaRouter|[fF]astify|Hono|OpenAPIHono|Koa|Elysia|polka|restify|createServer)$")
  (#set! gate "express fastify hono koa elysia polka restify router"))
((variable_declarator name: (identifier) @receiver value: (new_expression
  constructor: (identifier) @_make
  arguments: (arguments (object (pair key: (property_identifier) @_prefix value: (_) @receiver.prefix)))))
  (#match? @_make "^(Router|KoaRouter|Elysia)$") (#eq? @_prefix "prefix") (#set! gate "koa elysia router"))
((variable_declarator name: (identifier) @receiver value: (call_expression
  function: (member_expression object: (_) @_made property: (property_identifier) @_base)
  arguments: (arguments . (string) @receiver.prefix .)))
  (#any-of? @_base "basePath" "prefix") (#match? @_made "^new (Hono|OpenAPIHono|Router)") (#set! gate "hono koa"))
((expression_statement (call_expression
  function: (member_expression object: (identifier) @receiver.later property: (property_identifier) @_prefix)
  arguments: (arguments . (_) @receiver.prefix .)))
  (#eq? @_prefix "prefix") (#set! requires "koa-router @koa/router"))
((required_parameter pattern: (identifier) @receiver type: (type_annotation [
  (type_identifier) @_type (generic_type name: (type_identifier) @_type) (nested_type_identifier name: (type_identifier) @_type)]))
  (#match? @_type "^(Express|Application|I?Router|FastifyInstance|Hono|OpenAPIHono|Elysia)$")
  (#set! gate "express fastify hono elysia") (#set! given ""))
((formal_parameters (_) @receiver) (#any-of? @receiver "app" "router" "fastify") (#set! gate "app. router. fastify.") (#set! given ""))
((return_statement (identifier) @receiver.returned) (#set! gate "express fastify hono koa elysia polka restify router"))

; Where one is put below a path of another: app.use("/x", router), Hono's app.route("/x", app), fastify.register(routes, { prefix: "/x" }).
((call_expression
  function: (member_expression object: [(identifier) (call_expression) (new_expression)] @mount.onto property: (property_identifier) @_use)
  arguments: (arguments . (string) @mount.path . (_)* . [(identifier) (member_expression) (call_expression)] @mount.target .))
  (#any-of? @_use "use" "route") (#set! gate ".use( .route("))
((call_expression
  function: (member_expression object: [(identifier) (call_expression) (new_expression)] @mount.onto property: (property_identifier) @_use)
  arguments: (arguments . [(identifier) (member_expression) (call_expression)] @mount.target .))
  (#eq? @_use "use") (#set! gate ".use("))
((call_expression
  function: (member_expression object: [(identifier) (call_expression) (new_expression)] @mount.onto property: (property_identifier) @_use)
  arguments: (arguments . (string)? @mount.path . (_)* .
    (call_expression function: (identifier) @_require arguments: (arguments . (string) @mount.module .)) .))
  (#any-of? @_use "use" "route") (#eq? @_require "require") (#set! gate ".use( .route("))
((call_expression
  function: (member_expression object: [(identifier) (call_expression) (new_expression)] @mount.onto property: (property_identifier) @_use)
  arguments: (arguments . (string)? @mount.path . (_)* .
    (call_expression function: (member_expression object: [(identifier) (member_expression)] @mount.target property: (property_identifier) @_routes))))
  (#eq? @_use "use") (#any-of? @_routes "routes" "middleware") (#set! gate ".routes() .middleware()"))
((call_expression
  function: (member_expression object: [(identifier) (call_expression) (new_expression)] @mount.onto property: (property_identifier) @_use)
  arguments: (arguments . (call_expression function: (identifier) @_mount
    arguments: (arguments . (_)? @mount.path . [(identifier) (member_expression)] @mount.target .)) .))
  (#eq? @_use "use") (#eq? @_mount "mount") (#set! requires "koa-mount"))
((call_expression
  function: (member_expression object: (identifier) @mount.onto property: (property_identifier) @_register)
  arguments: (arguments . [(identifier) (member_expression)] @mount.target . (object) @_options))
  (#eq? @_register "register") (#not-match? @_options "prefix") (#set! gate ".register(") (#set! given ""))
((call_expression
  function: (member_expression object: (identifier) @mount.onto property: (property_identifier) @_register)
  arguments: (arguments . [(identifier) (member_expression)] @mount.target .))
  (#eq? @_register "register") (#set! gate ".register(") (#set! given ""))
((call_expression
  function: (member_expression object: (identifier) @mount.onto property: (property_identifier) @_register)
  arguments: (arguments . [(identifier) (member_expression)] @mount.target
    . (object (pair key: (property_identifier) @_prefix value: (_) @mount.path))))
  (#eq? @_register "register") (#eq? @_prefix "prefix") (#set! gate ".register(") (#set! given ""))
((call_expression
  function: (member_expression object: (identifier) @mount.onto property: (property_identifier) @_register)
  arguments: (arguments . (call_expression function: [(identifier) (import)] @_require arguments: (arguments . (string) @mount.module .))
    . (object (pair key: (property_identifier) @_prefix value: (_) @mount.path))))
  (#eq? @_register "register") (#any-of? @_require "require" "import") (#eq? @_prefix "prefix") (#set! gate ".register(") (#set! given ""))
((call_expression
  function: (member_expression object: (identifier) @receiver.parent property: (property_identifier) @_register)
  arguments: (arguments . [
    (arrow_function parameters: (formal_parameters . (_) @receiver))
    (arrow_function parameter: (identifier) @receiver)
    (function_expression parameters: (formal_parameters . (_) @receiver))]))
  (#eq? @_register "register") (#set! gate ".register("))
((call_expression
  function: (member_expression object: (identifier) @_on property: (property_identifier) @_register)
  arguments: (arguments . [(arrow_function) (function_expression)] @route.scope
    . (object (pair key: (property_identifier) @_prefix value: (string) @route.prefix))))
  (#eq? @_register "register") (#eq? @_prefix "prefix") (#set! gate ".register("))

; Routes: app.get("/path", handler), chains of Hono, app.route("/path").get(handler), fastify.route({ method, url, handler }).
((call_expression
  function: (member_expression object: (identifier) @route.on property: (property_identifier) @route.method)
  arguments: (arguments . [(string) (template_string)] @route.name . (_)*
    . [(identifier) (member_expression) (arrow_function) (function_expression) (call_expression)] @route.handler .))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "del" "head" "options" "all") (#set! known "")
  (#set! gate "get( post( put( patch( delete( head( options( all( get< post< put< patch< delete<"))
; Koa's routers take a path without a slash, and one behind the name of the route.
((call_expression
  function: (member_expression object: (identifier) @route.on property: (property_identifier) @route.method)
  arguments: (arguments . [(string) (template_string)] @route.name
    . [(identifier) (member_expression) (arrow_function) (function_expression) (call_expression)] @route.handler .))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "del" "head" "options" "all") (#set! known "")
  (#set! requires "koa-router @koa/router") (#set! relative "") (#set! mounted ""))
((call_expression
  function: (member_expression object: (identifier) @route.on property: (property_identifier) @route.method)
  arguments: (arguments . [(string) (template_string)] @route.name
    . [(identifier) (member_expression) (arrow_function) (function_expression) (call_expression) (spread_element)] . (_)*
    . [(identifier) (member_expression) (arrow_function) (function_expression) (call_expression)] @route.handler .))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "del" "head" "options" "all") (#set! known "")
  (#set! requires "koa-router @koa/router") (#set! relative "") (#set! mounted ""))
((call_expression
  function: (member_expression object: (identifier) @route.on property: (property_identifier) @route.method)
  arguments: (arguments . (string) . [(string) (template_string)] @route.name . (_)*
    . [(identifier) (member_expression) (arrow_function) (function_expression) (call_expression)] @route.handler .))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "del" "head" "options" "all") (#set! known "")
  (#set! requires "koa-router @koa/router"))
((call_expression
  function: (member_expression
    object: (member_expression object: (this) property: (property_identifier) @_member)
    property: (property_identifier) @route.method)
  arguments: (arguments . [(string) (template_string)] @route.name . (_)*
    . [(identifier) (member_expression) (arrow_function) (function_expression) (call_expression)] @route.handler .))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "del" "head" "options" "all")
  (#any-of? @_member "app" "router" "fastify" "server") (#set! gate "this.app this.router this.fastify this.server"))
((call_expression
  function: (member_expression object: [(call_expression) (new_expression)] @route.on property: (property_identifier) @route.method)
  arguments: (arguments . (string) @route.name . (_)* . [(identifier) (arrow_function) (function_expression)] @route.handler .))
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "all") (#set! requires "hono elysia @hono/hono") (#set! loose ""))
((call_expression
  function: (member_expression
    object: (call_expression function: (member_expression object: (identifier) @route.on property: (property_identifier) @_route)
      arguments: (arguments . (string) @route.name .))
    property: (property_identifier) @route.method)
  arguments: (arguments (_) @route.handler .))
  (#eq? @_route "route") (#any-of? @route.method "get" "post" "put" "patch" "delete" "all") (#set! gate ".route("))
((call_expression
  function: (member_expression
    object: (call_expression
      function: (member_expression
        object: (call_expression function: (member_expression object: (identifier) @route.on property: (property_identifier) @_route)
          arguments: (arguments . (string) @route.name .))
        property: (property_identifier) @_first))
    property: (property_identifier) @route.method)
  arguments: (arguments (_) @route.handler .))
  (#eq? @_route "route") (#any-of? @_first "get" "post" "put" "patch" "delete" "all")
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "all") (#set! gate ".route("))
((call_expression
  function: (member_expression object: (identifier) @route.on property: (property_identifier) @_route)
  arguments: (arguments . (object
    (pair key: (property_identifier) @_method value: [(string) @route.method (array (string) @route.method)])
    (pair key: (property_identifier) @_url value: (string) @route.name))))
  (#eq? @_route "route") (#eq? @_method "method") (#any-of? @_url "url" "path") (#set! gate ".route("))
((call_expression
  function: (member_expression object: (identifier) @route.on property: (property_identifier) @_route)
  arguments: (arguments . (object
    (pair key: (property_identifier) @_url value: (string) @route.name)
    (pair key: (property_identifier) @_method value: [(string) @route.method (array (string) @route.method)]))))
  (#eq? @_route "route") (#eq? @_method "method") (#any-of? @_url "url" "path") (#set! gate ".route("))

; NestJS: @Controller("path") around @Get("path").
((export_statement
  decorator: (decorator (call_expression function: (identifier) @_controller arguments: (arguments . [
    (string) @route.prefix
    (object (pair key: (property_identifier) @_path value: (string) @route.prefix))])))
  declaration: (_) @route.scope)
  (#eq? @_controller "Controller") (#eq? @_path "path") (#set! requires "@nestjs/common"))
((class_declaration
  decorator: (decorator (call_expression function: (identifier) @_controller arguments: (arguments . [
    (string) @route.prefix
    (object (pair key: (property_identifier) @_path value: (string) @route.prefix))])))) @route.scope
  (#eq? @_controller "Controller") (#eq? @_path "path") (#set! requires "@nestjs/common"))
((class_body
  decorator: (decorator (call_expression function: (identifier) @route.method arguments: (arguments . (string) @route.name)))
  . (decorator)* . (method_definition) @route.handler)
  (#any-of? @route.method "Get" "Post" "Put" "Patch" "Delete" "Head" "Options" "All") (#set! requires "@nestjs/common") (#set! relative "") (#set! folder ""))
((class_body
  decorator: (decorator (call_expression function: (identifier) @route.method arguments: (arguments) @_arguments))
  . (decorator)* . (method_definition) @route.handler)
  (#any-of? @route.method "Get" "Post" "Put" "Patch" "Delete" "Head" "Options" "All") (#eq? @_arguments "()") (#set! requires "@nestjs/common") (#set! folder ""))
((call_expression function: (member_expression property: (property_identifier) @_set) arguments: (arguments . (string) @mount.path .))
  (#eq? @_set "setGlobalPrefix") (#set! requires "@nestjs/core @nestjs/common") (#set! folder ""))

; Requests: fetch("/path", { method }), axios.get("/path").
((call_expression function: (identifier) @_fetch arguments: (arguments . [(string) (template_string)] @request.name .))
  (#any-of? @_fetch "fetch" "$fetch" "ofetch") (#set! gate "fetch(") (#set! method "GET"))
((call_expression function: (identifier) @_fetch arguments: (arguments . [(string) (template_string)] @request.name . (object) @_options))
  (#any-of? @_fetch "fetch" "$fetch" "ofetch") (#not-match? @_options "method") (#set! gate "fetch(") (#set! method "GET"))
((call_expression function: (identifier) @_fetch arguments: (arguments . [(string) (template_string)] @request.name
  . (object (pair key: (property_identifier) @_method value: (string) @request.method))))
  (#any-of? @_fetch "fetch" "$fetch" "ofetch") (#eq? @_method "method") (#set! gate "fetch("))
((call_expression
  function: (member_expression object: (identifier) @_client property: (property_identifier) @request.method)
  arguments: (arguments . [(string) (template_string)] @request.name))
  (#match? @_client "^(axios|got|ky|superagent|[a-z]*[cC]lient|http|api)$") (#any-of? @request.method "get" "post" "put" "patch" "delete" "head")
  (#set! requires "axios got ky superagent"))

; Commands: program.command("name <argument>") of commander, yargs and cac.
((call_expression
  function: (member_expression property: (property_identifier) @_command)
  arguments: (arguments . (string) @command.name))
  (#eq? @_command "command") (#set! requires "commander yargs cac @commander-js/extra-typings") (#set! first ""))

; Events: emitters, and the decorators of NestJS.
((call_expression
  function: (member_expression object: (_) @_emitter property: (property_identifier) @_on)
  arguments: (arguments . (string) @subscriber.name . (_) @subscriber.handler))
  (#any-of? @_on "on" "once" "addListener" "prependListener")
  (#match? @_emitter "([eE]mitter|[eE]vents|[bB]us|[eE]ventBus|^this)$")
  (#not-match? @subscriber.name "^.(error|close|end|data|finish|drain|open|exit|connect|connection|message|listening|readable|pipe|newListener).$")
  (#set! requires "events node:events eventemitter2 eventemitter3 mitt nanoevents @nestjs/event-emitter"))
((call_expression
  function: (member_expression object: (_) @_emitter property: (property_identifier) @_emit)
  arguments: (arguments . (string) @publisher.name))
  (#any-of? @_emit "emit" "emitAsync") (#match? @_emitter "([eE]mitter[0-9]?|[eE]vents|[bB]us|[eE]ventBus|^this)$")
  (#not-match? @publisher.name "^.(error|close|end|data|finish|drain|open|exit|connect|connection|message|listening|readable|pipe|newListener).$")
  (#set! requires "events node:events eventemitter2 eventemitter3 mitt nanoevents @nestjs/event-emitter"))
((class_body
  decorator: (decorator (call_expression function: (identifier) @_on arguments: (arguments . (string) @subscriber.name)))
  . (decorator)* . (method_definition) @subscriber.handler)
  (#any-of? @_on "OnEvent" "EventPattern" "MessagePattern" "SubscribeMessage" "Process") (#set! gate "@nestjs/"))

; Events: jobs of BullMQ, clients of Kafka, RabbitMQ and NATS.
((new_expression constructor: (identifier) @_queue arguments: (arguments . (string) @publisher.name))
  (#any-of? @_queue "Queue" "FlowProducer") (#set! requires "bullmq bull"))
((new_expression constructor: (identifier) @_worker arguments: (arguments . (string) @subscriber.name . (_) @subscriber.handler))
  (#eq? @_worker "Worker") (#set! requires "bullmq"))
((call_expression
  function: (member_expression object: (_) @_producer property: (property_identifier) @_send)
  arguments: (arguments . (object (pair key: (property_identifier) @_topic value: (string) @publisher.name))))
  (#match? @_producer "[pP]roducer$") (#eq? @_send "send") (#eq? @_topic "topic") (#set! requires "kafkajs @confluentinc/kafka-javascript"))
((call_expression
  function: (member_expression object: (_) @_consumer property: (property_identifier) @_subscribe)
  arguments: (arguments . (object (pair key: (property_identifier) @_topic value: [(string) @subscriber.name (array (string) @subscriber.name)]))))
  (#match? @_consumer "[cC]onsumer$") (#eq? @_subscribe "subscribe") (#any-of? @_topic "topic" "topics")
  (#set! requires "kafkajs @confluentinc/kafka-javascript"))
((call_expression function: (member_expression property: (property_identifier) @_send) arguments: (arguments . (string) @publisher.name))
  (#eq? @_send "sendToQueue") (#set! gate "sendToQueue"))
((call_expression
  function: (member_expression property: (property_identifier) @_consume)
  arguments: (arguments . (string) @subscriber.name . (_) @subscriber.handler))
  (#eq? @_consume "consume") (#set! requires "amqplib amqp-connection-manager"))
((call_expression
  function: (member_expression object: (_) @_connection property: (property_identifier) @_publish)
  arguments: (arguments . (string) @publisher.name))
  (#match? @_connection "^(nc|nats|[a-z.]*[cC]onnection|js)$") (#any-of? @_publish "publish" "request") (#set! requires "nats @nats-io"))
((call_expression
  function: (member_expression object: (_) @_connection property: (property_identifier) @_subscribe)
  arguments: (arguments . (string) @subscriber.name))
  (#match? @_connection "^(nc|nats|[a-z.]*[cC]onnection)$") (#eq? @_subscribe "subscribe") (#set! requires "nats @nats-io"))

; Routes of hapi: server.route({ method: "GET", path: "/path", handler }).
((call_expression
  function: (member_expression object: (identifier) @_server property: (property_identifier) @_route)
  arguments: (arguments . [
    (object
      (pair key: (property_identifier) @_method value: (string) @route.method)
      (pair key: (property_identifier) @_path value: (string) @route.name))
    (array (object
      (pair key: (property_identifier) @_method value: (string) @route.method)
      (pair key: (property_identifier) @_path value: (string) @route.name)))]))
  (#eq? @_server "server") (#eq? @_route "route") (#eq? @_method "method") (#eq? @_path "path") (#set! requires "@hapi/hapi"))
