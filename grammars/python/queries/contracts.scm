; Environment: os.environ["NAME"], os.environ.get("NAME"), os.getenv("NAME"), decouple's config("NAME"), environ's env("NAME").
((subscript
  value: [(attribute attribute: (identifier) @_environ) (identifier) @_environ]
  subscript: (string) @environment_key.name)
  (#any-of? @_environ "environ" "environb") (#set! gate "environ") (#set! requires "os"))
((call
  function: (attribute
    object: [(attribute attribute: (identifier) @_environ) (identifier) @_environ]
    attribute: (identifier) @_get)
  arguments: (argument_list . (string) @environment_key.name))
  (#any-of? @_environ "environ" "environb") (#any-of? @_get "get" "setdefault" "pop" "__getitem__")
  (#set! gate "environ") (#set! requires "os"))
((comparison_operator
  (string) @environment_key.name
  [(attribute attribute: (identifier) @_environ) (identifier) @_environ])
  (#any-of? @_environ "environ" "environb") (#set! gate "environ") (#set! requires "os"))
((call
  function: [(attribute object: (identifier) @_os attribute: (identifier) @_getenv) (identifier) @_getenv]
  arguments: (argument_list . (string) @environment_key.name))
  (#any-of? @_getenv "getenv" "getenvb") (#set! gate "getenv") (#set! requires "os"))
; Functions of the file that read what they are given, and names that are put together.
((call
  function: [(attribute object: (identifier) @_os attribute: (identifier) @_getenv) (identifier) @_getenv]
  arguments: (argument_list . (identifier) @environment_key.passed))
  (#any-of? @_getenv "getenv" "getenvb") (#set! gate "getenv environ") (#set! requires "os"))
((subscript
  value: [(attribute attribute: (identifier) @_environ) (identifier) @_environ]
  subscript: (identifier) @environment_key.passed)
  (#any-of? @_environ "environ" "environb") (#set! gate "getenv environ") (#set! requires "os"))
((call
  function: (attribute
    object: [(attribute attribute: (identifier) @_environ) (identifier) @_environ]
    attribute: (identifier) @_get)
  arguments: (argument_list . (identifier) @environment_key.passed))
  (#any-of? @_environ "environ" "environb") (#any-of? @_get "get" "setdefault" "pop" "__getitem__")
  (#set! gate "getenv environ") (#set! requires "os"))
((call
  function: [(identifier) @environment_key.by (attribute attribute: (identifier) @environment_key.by)]
  arguments: (argument_list (identifier) @environment_key.passed))
  (#set! gate "getenv environ") (#set! requires "os"))
((call
  function: [(identifier) @environment_key.by (attribute attribute: (identifier) @environment_key.by)]
  arguments: (argument_list (string) @environment_key.name))
  (#set! gate "getenv environ") (#set! requires "os"))
((call
  function: [(attribute object: (identifier) @_os attribute: (identifier) @_getenv) (identifier) @_getenv]
  arguments: (argument_list . (binary_operator left: (_) @_left operator: "+" right: (string) @environment_key.name)))
  (#any-of? @_getenv "getenv" "getenvb") (#not-match? @_left "^[\"']") (#set! gate "getenv environ") (#set! requires "os") (#set! computed "before"))
((call
  function: [(attribute object: (identifier) @_os attribute: (identifier) @_getenv) (identifier) @_getenv]
  arguments: (argument_list . (binary_operator left: (string) @environment_key.name operator: "+" right: (_) @_right)))
  (#any-of? @_getenv "getenv" "getenvb") (#not-match? @_right "^[\"']") (#set! gate "getenv environ") (#set! requires "os") (#set! computed "after"))
((subscript
  value: [(attribute attribute: (identifier) @_environ) (identifier) @_environ]
  subscript: (binary_operator left: (string) @environment_key.name operator: "+" right: (_) @_right))
  (#any-of? @_environ "environ" "environb") (#not-match? @_right "^[\"']") (#set! gate "getenv environ") (#set! requires "os") (#set! computed "after"))
((subscript
  value: [(attribute attribute: (identifier) @_environ) (identifier) @_environ]
  subscript: (binary_operator left: (_) @_left operator: "+" right: (string) @environment_key.name))
  (#any-of? @_environ "environ" "environb") (#not-match? @_left "^[\"']") (#set! gate "getenv environ") (#set! requires "os") (#set! computed "before"))
((call
  function: (attribute
    object: [(attribute attribute: (identifier) @_environ) (identifier) @_environ]
    attribute: (identifier) @_get)
  arguments: (argument_list . (binary_operator left: (_) @_left operator: "+" right: (string) @environment_key.name)))
  (#any-of? @_environ "environ" "environb") (#any-of? @_get "get" "setdefault" "pop" "__getitem__") (#not-match? @_left "^[\"']")
  (#set! gate "getenv environ") (#set! requires "os") (#set! computed "before"))
((call
  function: [(identifier) @environment_key.by (attribute attribute: (identifier) @environment_key.by)]
  arguments: (argument_list (string) @environment_key.name))
  (#match? @environment_key.by "[eE][nN][vV]") (#match? @environment_key.name "^.[A-Z][A-Z0-9_]+.$")
  (#set! gate "nv( env_ _env envb envint envs EnvO EnvB EnvI EnvS EnvD EnvW EnvV EnvF EnvR ENV_") (#set! elsewhere ""))
; Fields of a class of settings.
((class_definition
  superclasses: (argument_list)
  body: (block (expression_statement (assignment left: (identifier) @environment_key.name type: (type))))) @environment_key.scope
  (#set! gate "BaseSettings") (#set! settings ""))
((call function: (identifier) @_config arguments: (argument_list . (string) @environment_key.name))
  (#any-of? @_config "config" "env") (#set! requires "decouple environ environs"))
((call
  function: (attribute object: (identifier) @_env attribute: (identifier) @_type)
  arguments: (argument_list . (string) @environment_key.name))
  (#eq? @_env "env") (#match? @_type "^(str|bool|int|float|list|dict|json|url|db|db_url|cache_url|path|decimal|date|log_level)$")
  (#set! requires "environ environs"))

; Settings: Flask's app.config["NAME"], Django's settings.NAME.
((subscript
  value: (attribute object: (_) attribute: (identifier) @_config)
  subscript: (string) @configuration_key.name)
  (#eq? @_config "config") (#set! requires "flask"))
((call
  function: (attribute object: (attribute attribute: (identifier) @_config) attribute: (identifier) @_get)
  arguments: (argument_list . (string) @configuration_key.name))
  (#eq? @_config "config") (#any-of? @_get "get" "setdefault") (#set! requires "flask"))
((attribute object: (identifier) @_settings attribute: (identifier) @configuration_key.name)
  (#eq? @_settings "settings") (#match? @configuration_key.name "^[A-Z][A-Z0-9_]+$") (#set! requires "django.conf"))

; Where routes are added: Flask, Blueprint, FastAPI, APIRouter and the like.
((assignment left: (identifier) @receiver right: (call function: [(identifier) @_make (attribute attribute: (identifier) @_make)]))
  (#any-of? @_make "Flask" "Blueprint" "FastAPI" "APIRouter" "Starlette" "Sanic" "Quart" "Bottle" "Litestar" "APIBlueprint")
  (#set! gate "flask fastapi starlette sanic quart bottle litestar"))
((assignment left: (identifier) @receiver right: (call
  arguments: (argument_list (keyword_argument name: (identifier) @_prefix value: (_) @receiver.prefix))))
  (#any-of? @_prefix "prefix" "url_prefix") (#set! gate "prefix"))
((class_definition body: (block (function_definition
  name: (identifier) @_init
  body: (block (expression_statement (call
    function: (attribute object: (call function: (identifier) @_super) attribute: (identifier) @_init)
    arguments: (argument_list (keyword_argument name: (identifier) @_prefix value: (_) @receiver.prefix))))))))  @receiver.class
  (#eq? @_init "__init__") (#eq? @_super "super") (#any-of? @_prefix "prefix" "url_prefix") (#set! gate "prefix"))
((class_definition body: (block (function_definition name: (identifier) @_init body: (block) @_body))) @receiver.class
  (#eq? @_init "__init__") (#match? @_body "[\"'](url_)?prefix[\"']") (#set! gate "prefix"))

; Where one is put below a path of another: include_router(router, prefix="/x"), register_blueprint(bp, url_prefix="/x"), mount("/x", app).
((return_statement (identifier) @receiver.returned) (#set! gate "flask fastapi starlette sanic quart bottle litestar"))
((parameters [(identifier) @receiver (typed_parameter . (identifier) @receiver type: (type (_) @_type))])
  (#match? @_type "(Flask|Blueprint|FastAPI|APIRouter|Starlette|Sanic|Quart)$") (#any-of? @receiver "app" "router" "api" "bp" "blueprint" "application")
  (#set! gate "flask fastapi starlette sanic quart") (#set! given ""))
((call
  function: (attribute object: (identifier) @mount.onto attribute: (identifier) @_include)
  arguments: (argument_list . (_) @mount.target) @_arguments)
  (#any-of? @_include "include_router" "register_blueprint" "blueprint") (#not-match? @_arguments "prefix ?=")
  (#set! gate "include_router register_blueprint .blueprint("))
((call
  function: (attribute object: (identifier) @mount.onto attribute: (identifier) @_include)
  arguments: (argument_list . (_) @mount.target (keyword_argument name: (identifier) @_prefix value: (_) @mount.path)))
  (#eq? @_include "include_router") (#eq? @_prefix "prefix") (#set! gate "include_router"))
((call
  function: (attribute object: (identifier) @mount.onto attribute: (identifier) @_include)
  arguments: (argument_list . (_) @mount.target (keyword_argument name: (identifier) @_prefix value: (_) @mount.path)))
  (#any-of? @_include "register_blueprint" "blueprint") (#eq? @_prefix "url_prefix") (#set! replaces "")
  (#set! gate "register_blueprint .blueprint("))
((call
  function: (attribute object: (identifier) @mount.onto attribute: (identifier) @_mount)
  arguments: (argument_list . (string) @mount.path . (_) @mount.target))
  (#eq? @_mount "mount") (#set! gate "fastapi starlette"))
((call
  function: [(identifier) @_init (attribute attribute: (identifier) @_init)] @mount.target
  arguments: (argument_list . (identifier) @mount.onto))
  (#match? @_init "^(init|register|setup|add|configure|mount|include)_?[a-z_]*(route|router|routes|routers|blueprint|blueprints|app|api|views|endpoints)$")
  (#set! gate "flask fastapi starlette sanic quart") (#set! given ""))

; Routes: @app.get("/path"), @app.route("/path", methods=[...]), Django's path("path", view), aiohttp's web.get("/path", handler).
((decorated_definition
  (decorator (call
    function: (attribute object: (identifier) @route.on attribute: (identifier) @route.method)
    arguments: (argument_list . (string) @route.name)))
  definition: (_) @route.handler)
  (#any-of? @route.method "get" "post" "put" "patch" "delete" "head" "options") (#set! loose "")
  (#set! gate ".get( .post( .put( .patch( .delete( .head( .options("))
((decorated_definition
  (decorator (call
    function: (attribute object: (identifier) @route.on attribute: (identifier) @_route)
    arguments: (argument_list . (string) @route.name) @_arguments))
  definition: (_) @route.handler)
  (#any-of? @_route "route" "api_route") (#not-match? @_arguments "methods") (#set! loose "") (#set! gate "route(") (#set! method "GET"))
((decorated_definition
  (decorator (call
    function: (attribute object: (identifier) @route.on attribute: (identifier) @_route)
    arguments: (argument_list . (string) @route.name (keyword_argument
      name: (identifier) @_methods
      value: [(list (string) @route.method) (tuple (string) @route.method) (set (string) @route.method)]))))
  definition: (_) @route.handler)
  (#any-of? @_route "route" "api_route") (#eq? @_methods "methods") (#set! loose "") (#set! gate "route("))
((call
  function: (attribute object: (identifier) @route.on attribute: (identifier) @_add)
  arguments: (argument_list . (string) @route.name (keyword_argument name: (identifier) @_view value: (_) @route.handler)))
  (#eq? @_add "add_url_rule") (#eq? @_view "view_func") (#set! loose "") (#set! gate "add_url_rule") (#set! method "ANY"))
((call function: (identifier) @_path arguments: (argument_list . (string) @route.name . [
  (identifier) @route.handler
  (attribute) @route.handler
  (call function: (attribute object: (_) @route.handler attribute: (identifier) @_view))]))
  (#eq? @_path "path") (#eq? @_view "as_view") (#set! requires "django.urls") (#set! relative "") (#set! method "ANY")
  (#set! root "urlpatterns"))
((call function: (identifier) @_path arguments: (argument_list . (string) @route.name . [
  (identifier) @route.handler
  (attribute) @route.handler
  (call function: (attribute object: (_) @route.handler attribute: (identifier) @_view))]))
  (#any-of? @_path "re_path" "url") (#eq? @_view "as_view") (#set! requires "django.urls django.conf.urls") (#set! regex "") (#set! method "ANY")
  (#set! root "urlpatterns"))
((call function: (identifier) @_path arguments: (argument_list . (string) @mount.path
  . (call function: (identifier) @_include arguments: (argument_list . [(string) @mount.module (tuple . (string) @mount.module)]))))
  (#eq? @_path "path") (#eq? @_include "include") (#set! requires "django.urls") (#set! root "urlpatterns"))
((call function: (identifier) @_path arguments: (argument_list . (string) @mount.path
  . (call function: (identifier) @_include arguments: (argument_list . [(string) @mount.module (tuple . (string) @mount.module)]))))
  (#any-of? @_path "re_path" "url") (#eq? @_include "include") (#set! requires "django.urls django.conf.urls") (#set! regex "")
  (#set! root "urlpatterns"))
((call function: (identifier) @_path arguments: (argument_list . (string) @mount.path
  . (call function: (identifier) @_include arguments: (argument_list . [
    (identifier) @mount.target
    (attribute) @mount.target
    (tuple . [(identifier) @mount.target (attribute) @mount.target])]))))
  (#eq? @_path "path") (#eq? @_include "include") (#set! requires "django.urls") (#set! root "urlpatterns"))
((call function: (identifier) @_path arguments: (argument_list . (string) @route.prefix
  . (call function: (identifier) @_include arguments: (argument_list . [(list) @route.scope (tuple . (list) @route.scope)]))))
  (#eq? @_path "path") (#eq? @_include "include") (#set! requires "django.urls"))

; Routers of Django's REST framework: one route for all things of a name and one for each, below where the router's `urls` are included.
((assignment left: (identifier) @receiver right: (call function: [(identifier) @_make (attribute attribute: (identifier) @_make)]))
  (#match? @_make "Router$") (#set! gate "rest_framework"))
((call
  function: (attribute object: (identifier) @route.on attribute: (identifier) @_register)
  arguments: (argument_list . (string) @route.name . [(identifier) (attribute)] @route.handler))
  (#eq? @_register "register") (#set! gate "rest_framework") (#set! relative "") (#set! method "ANY") (#set! also "{pk}"))
; The router may be of a class of the repository, in files that name the framework nowhere. What has such a name and is given a view is one.
((assignment left: (identifier) @receiver right: (call function: [(identifier) @_make (attribute attribute: (identifier) @_make)]))
  (#match? @_make "Router$") (#not-eq? @_make "APIRouter") (#set! gate ".register("))
((call
  function: (attribute object: (identifier) @route.on attribute: (identifier) @_register)
  arguments: (argument_list . (string) @route.name . [(identifier) (attribute)] @route.handler))
  (#eq? @_register "register") (#match? @route.handler "(View|Views|ViewSet|Viewset|API|Api)$") (#set! gate ".register(")
  (#set! relative "") (#set! method "ANY") (#set! also "{pk}"))
; Actions of a view set stand below what it is registered as.
((call
  function: (attribute object: (identifier) @mount.onto attribute: (identifier) @_register)
  arguments: (argument_list . (string) @mount.path . [(identifier) (attribute)] @mount.target))
  (#eq? @_register "register") (#set! gate ".register(") (#set! known ""))
((decorated_definition
  (decorator (call function: (identifier) @_action arguments: (argument_list) @route.action))
  definition: (function_definition name: (identifier) @route.name) @route.handler)
  (#eq? @_action "action") (#set! requires "rest_framework.decorators"))
((call function: (identifier) @_path arguments: (argument_list . (string) @mount.path
  . (call function: (identifier) @_include arguments: (argument_list . [
    (attribute object: (identifier) @mount.target attribute: (identifier) @_urls)
    (tuple . (attribute object: (identifier) @mount.target attribute: (identifier) @_urls))]))))
  (#eq? @_path "path") (#eq? @_include "include") (#eq? @_urls "urls") (#set! requires "django.urls") (#set! root "urlpatterns"))
((call function: (identifier) @_path arguments: (argument_list . (string) @mount.path
  . (call function: (identifier) @_include arguments: (argument_list . [
    (attribute object: (identifier) @mount.target attribute: (identifier) @_urls)
    (tuple . (attribute object: (identifier) @mount.target attribute: (identifier) @_urls))]))))
  (#any-of? @_path "re_path" "url") (#eq? @_include "include") (#eq? @_urls "urls") (#set! requires "django.urls django.conf.urls")
  (#set! regex "") (#set! root "urlpatterns"))
([(assignment left: (identifier) @_patterns right: (attribute object: (identifier) @mount.target attribute: (identifier) @_urls))
  (augmented_assignment left: (identifier) @_patterns right: (attribute object: (identifier) @mount.target attribute: (identifier) @_urls))]
  (#eq? @_patterns "urlpatterns") (#eq? @_urls "urls") (#set! gate "urlpatterns") (#set! root "urlpatterns"))

((call
  function: (attribute object: (identifier) @_web attribute: (identifier) @route.method)
  arguments: (argument_list . (string) @route.name . (_) @route.handler))
  (#eq? @_web "web") (#any-of? @route.method "get" "post" "put" "patch" "delete") (#set! requires "aiohttp"))

; Requests: requests.get("https://host/path"), httpx and test clients.
((call
  function: (attribute object: (identifier) @_client attribute: (identifier) @request.method)
  arguments: (argument_list . (string) @request.name))
  (#match? @_client "^(requests|httpx|session|(test_|http_|api_)?client)$") (#any-of? @request.method "get" "post" "put" "patch" "delete" "head")
  (#set! requires "requests httpx fastapi.testclient starlette.testclient aiohttp"))

; Commands: click and typer, by name or by the function's; argparse's add_parser.
((decorated_definition
  (decorator (call
    function: (attribute object: (identifier) @_group attribute: (identifier) @_command)
    arguments: (argument_list . (string) @command.name)))
  definition: (_) @command.handler)
  (#any-of? @_command "command" "group") (#set! requires "click typer rich_click asyncclick"))
((decorated_definition
  (decorator (call
    function: (attribute object: (identifier) @_group attribute: (identifier) @_command)
    arguments: (argument_list (keyword_argument name: (identifier) @_name value: (string) @command.name))))
  definition: (_) @command.handler)
  (#any-of? @_command "command" "group") (#eq? @_name "name") (#set! requires "click typer rich_click asyncclick"))
((decorated_definition
  (decorator [
    (call function: (attribute object: (identifier) @_group attribute: (identifier) @_command) arguments: (argument_list) @_arguments)
    (attribute object: (identifier) @_group attribute: (identifier) @_command)])
  definition: (function_definition name: (identifier) @command.name) @command.handler)
  (#any-of? @_command "command" "group") (#not-match? @_arguments "^[(][ \n]*(name ?=|[\"'])")
  (#set! requires "click typer rich_click asyncclick") (#set! kebab ""))
((call function: (attribute object: (_) @_parsers attribute: (identifier) @_add) arguments: (argument_list . (string) @command.name))
  (#eq? @_add "add_parser") (#match? @_parsers "pars|sub|command") (#set! requires "argparse"))

; Events: tasks of Celery by the function's name, topics of Kafka, channels of Redis.
((decorated_definition
  (decorator [(identifier) @_task (call function: (identifier) @_task)])
  definition: (function_definition name: (identifier) @subscriber.name) @subscriber.handler)
  (#eq? @_task "shared_task") (#set! requires "celery"))
((decorated_definition
  (decorator [(attribute object: (identifier) @_app attribute: (identifier) @_task)
    (call function: (attribute object: (identifier) @_app attribute: (identifier) @_task))])
  definition: (function_definition name: (identifier) @subscriber.name) @subscriber.handler)
  (#eq? @_task "task") (#match? @_app "celery|^app$") (#set! gate "celery"))
((call function: (attribute object: [(identifier) @publisher.name (attribute attribute: (identifier) @publisher.name)] attribute: (identifier) @_delay))
  (#any-of? @_delay "delay" "apply_async") (#set! gate ".delay( .apply_async("))
((call function: (attribute object: (_) @_producer attribute: (identifier) @_send) arguments: (argument_list . (string) @publisher.name))
  (#any-of? @_send "send" "send_and_wait" "produce") (#match? @_producer "producer$") (#set! gate "producer"))
((call function: (identifier) @_consumer arguments: (argument_list . (string) @subscriber.name))
  (#any-of? @_consumer "KafkaConsumer" "AIOKafkaConsumer") (#set! gate "KafkaConsumer"))

; Events: RabbitMQ, channels of Redis, subjects of NATS, FastStream, Socket.IO.
((call function: (attribute attribute: (identifier) @_publish)
  arguments: (argument_list (keyword_argument name: (identifier) @_key value: (string) @publisher.name)))
  (#eq? @_publish "basic_publish") (#eq? @_key "routing_key") (#set! gate "basic_publish"))
((call function: (attribute attribute: (identifier) @_consume)
  arguments: (argument_list . (string) @subscriber.name))
  (#eq? @_consume "basic_consume") (#set! gate "basic_consume"))
((call function: (attribute attribute: (identifier) @_consume)
  arguments: (argument_list (keyword_argument name: (identifier) @_queue value: (string) @subscriber.name)))
  (#eq? @_consume "basic_consume") (#eq? @_queue "queue") (#set! gate "basic_consume"))
((call function: (attribute object: (_) @_client attribute: (identifier) @_publish) arguments: (argument_list . (string) @publisher.name))
  (#eq? @_publish "publish") (#match? @_client "(redis|^r|^nc|nats|^js|broker)(_client)?$") (#set! requires "redis nats faststream"))
((call function: (attribute object: (_) @_client attribute: (identifier) @_subscribe) arguments: (argument_list . (string) @subscriber.name))
  (#any-of? @_subscribe "subscribe" "psubscribe") (#match? @_client "(pubsub|^p|^ps|^nc|nats|^js)$") (#set! requires "redis nats"))
((decorated_definition
  (decorator (call function: (attribute attribute: (identifier) @_subscriber) arguments: (argument_list . (string) @subscriber.name)))
  definition: (_) @subscriber.handler)
  (#eq? @_subscriber "subscriber") (#set! requires "faststream"))
((decorated_definition
  (decorator (call function: (attribute attribute: (identifier) @_publisher) arguments: (argument_list . (string) @publisher.name)))
  definition: (_) @publisher.handler)
  (#eq? @_publisher "publisher") (#set! requires "faststream"))
((decorated_definition
  (decorator (call function: (attribute object: (identifier) @_io attribute: (identifier) @_on) arguments: (argument_list . (string) @subscriber.name)))
  definition: (_) @subscriber.handler)
  (#match? @_io "^(sio|socketio|io)$") (#eq? @_on "on") (#set! requires "socketio flask_socketio"))
((call function: [(identifier) @_emit (attribute attribute: (identifier) @_emit)] arguments: (argument_list . (string) @publisher.name))
  (#eq? @_emit "emit") (#set! requires "socketio flask_socketio"))

; Events: signals of Django by the names of their variables, which modules called `signals` hold, or the file makes: @receiver(name),
; name.connect(handler), name.send(sender). Signals of blinker are used in the same way.
((module (expression_statement (assignment
    left: (identifier) @subscriber.made
    right: (call function: [(identifier) @_signal (attribute attribute: (identifier) @_signal)]))))
  (#any-of? @_signal "Signal" "ModelSignal") (#set! gate "Signal("))
((decorated_definition
  (decorator (call function: (identifier) @_receiver arguments: (argument_list . [
    (identifier) @subscriber.name
    (list (identifier) @subscriber.name)
    (tuple (identifier) @subscriber.name)])))
  definition: (_) @subscriber.handler)
  (#eq? @_receiver "receiver") (#set! requires "django.dispatch") (#set! imported "*"))
((decorated_definition
  (decorator (call function: (identifier) @_receiver arguments: (argument_list . [
    (attribute object: (identifier) @_signals attribute: (identifier) @subscriber.name)
    (list (attribute object: (identifier) @_signals attribute: (identifier) @subscriber.name))
    (tuple (attribute object: (identifier) @_signals attribute: (identifier) @subscriber.name))])))
  definition: (_) @subscriber.handler)
  (#eq? @_receiver "receiver") (#eq? @_signals "signals") (#set! requires "django.dispatch"))
((call function: (attribute object: (identifier) @subscriber.name attribute: (identifier) @_connect)
  arguments: (argument_list . [(identifier) (attribute)] @subscriber.handler))
  (#eq? @_connect "connect") (#set! gate "signals Signal(") (#set! imported "signals"))
((call function: (attribute object: (identifier) @publisher.name attribute: (identifier) @_send))
  (#match? @_send "^a?send(_robust)?$") (#set! gate "signals Signal(") (#set! imported "signals"))
((call
  function: (attribute
    object: (attribute object: (identifier) @_signals attribute: (identifier) @subscriber.name)
    attribute: (identifier) @_connect)
  arguments: (argument_list . [(identifier) (attribute)] @subscriber.handler))
  (#eq? @_signals "signals") (#eq? @_connect "connect") (#set! requires "django"))
((call function: (attribute
  object: (attribute object: (identifier) @_signals attribute: (identifier) @publisher.name)
  attribute: (identifier) @_send))
  (#eq? @_signals "signals") (#match? @_send "^a?send(_robust)?$") (#set! requires "django"))

; Routes of Starlette, Falcon and Tornado: Route("/path", endpoint), app.add_route("/path", resource), (r"/path", Handler).
((call function: (identifier) @_route arguments: (argument_list . (string) @route.name . [(identifier) (attribute)] @route.handler))
  (#eq? @_route "Route") (#set! requires "starlette fastapi") (#set! method "ANY"))
((call function: (identifier) @_route arguments: (argument_list . (string) @route.name (keyword_argument name: (identifier) @_endpoint value: (_) @route.handler)))
  (#eq? @_route "Route") (#eq? @_endpoint "endpoint") (#set! requires "starlette fastapi") (#set! method "ANY"))
((call function: (attribute object: (_) attribute: (identifier) @_add) arguments: (argument_list . (string) @route.name . [
    (identifier) @route.handler
    (attribute) @route.handler
    (call function: (_) @route.handler)]))
  (#eq? @_add "add_route") (#set! requires "falcon") (#set! method "ANY"))
((list (tuple . (string) @route.name . [(identifier) (attribute)] @route.handler))
  (#match? @route.name "^r?.\\^?/") (#set! requires "tornado") (#set! regex "") (#set! method "ANY"))
