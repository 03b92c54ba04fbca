//! Routes with the paths that other files put before them, as the frameworks of each language say it.

use crate::world::{World, repository};
use louver::extraction::words::WordKey;
use louver::extraction::{Extraction, Fragment, Grammar, Limits, Options, SourceText, extract};
use serde_json::{Value, json};

/// The routes of a repository of these files, by file and name.
fn routes(files: &[(&str, &str)]) -> Vec<String> {
    let folder = repository(files);
    let world = World::of(&[("acme/api", "internal", folder.path())]);
    listed(&world, "acme/api")
}

fn listed(world: &World, repo: &str) -> Vec<String> {
    let arguments = json!({ "target": repo, "kinds": ["route"], "format": "json", "max_tokens": 8000 });
    let answer: Value = serde_json::from_str(&world.ask("get_api_surface", arguments)).expect("JSON");
    let items = answer["items"].as_array().expect("items").iter();
    let mut all: Vec<String> = items
        .filter_map(|it| {
            it["handle"]
                .as_str()?
                .strip_prefix(&format!("{repo}:"))
                .map(str::to_owned)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn fastapi_routers_are_included_below_prefixes() {
    let told = routes(&[
        (
            "app/main.py",
            "from fastapi import FastAPI\nfrom app.api import api_router\nfrom app.settings import settings\nfrom .health import router as health\n\
             app = FastAPI()\napp.include_router(api_router, prefix='/api/v1')\napp.include_router(health, prefix=settings.CANARY)\n",
        ),
        (
            "app/api/__init__.py",
            "from fastapi import APIRouter\nfrom app.api import users\nfrom app.api.items import router as items_router\n\
             api_router = APIRouter()\napi_router.include_router(users.router, prefix='/users', tags=['CANARY'])\n\
             api_router.include_router(items_router)\n",
        ),
        (
            "app/api/users.py",
            "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/')\ndef all(): pass\n@router.get('/{id}')\ndef one(id): pass\n",
        ),
        (
            "app/api/items.py",
            "from fastapi import APIRouter\nrouter = APIRouter(prefix='/items')\n@router.post('/')\ndef add(): pass\n",
        ),
        (
            "app/health.py",
            "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/health')\ndef health(): pass\n",
        ),
        (
            "tests/test_users.py",
            "from fastapi import FastAPI\nfrom app.api.users import router\napp = FastAPI()\napp.include_router(router, prefix='/CANARY')\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "app/api/items.py#POST /api/v1/items",
            "app/api/users.py#GET /api/v1/users",
            "app/api/users.py#GET /api/v1/users/{id}",
            "app/health.py#GET /*/health",
        ]
    );
}

#[test]
fn classes_of_routers_hand_on_what_they_are_given() {
    let told = routes(&[
        (
            "app/base.py",
            "from fastapi import APIRouter\nclass AdminRouter(APIRouter):\n    def __init__(self, tags=None, prefix: str = '', **rest):\n        \
             super().__init__(tags=tags, prefix=prefix, **rest)\nclass OwnRouter(AdminRouter):\n    pass\nclass FixedRouter(APIRouter):\n    \
             def __init__(self, **rest):\n        super().__init__(prefix='/fixed', **rest)\nclass OtherRouter(APIRouter):\n    \
             def __init__(self, prefix):\n        super().__init__(prefix='/v' + prefix)\n",
        ),
        (
            "app/admin.py",
            "from .base import AdminRouter, FixedRouter, OtherRouter, OwnRouter\nfrom .about import sub\nBASE = '/deep'\nTWICE = '/CANARY'\nTWICE = '/x'\n\
             admin = AdminRouter(prefix='/admin')\nadmin.include_router(sub, prefix=f'{BASE}/er')\nown = OwnRouter(prefix=BASE)\nfixed = FixedRouter()\n\
             other = OtherRouter(prefix='/CANARY')\ntwice = AdminRouter(prefix=TWICE)\n@own.get('/a')\ndef a(): pass\n@fixed.get('/b')\ndef b(): pass\n\
             @other.get('/c')\ndef c(): pass\n@twice.get('/d')\ndef d(): pass\n",
        ),
        (
            "app/about.py",
            "from fastapi import APIRouter\nsub = APIRouter(prefix='/about')\n@sub.get('/x')\ndef x(): pass\n",
        ),
        (
            "app/main.py",
            "from fastapi import FastAPI\nfrom .admin import admin, fixed, other\napp = FastAPI()\napp.include_router(admin)\n\
             app.include_router(fixed, prefix='/api')\napp.include_router(other)\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "app/about.py#GET /admin/deep/er/about/x",
            "app/admin.py#GET /*/c",
            "app/admin.py#GET /*/d",
            "app/admin.py#GET /api/fixed/b",
            "app/admin.py#GET /deep/a",
        ]
    );
}

/// Ways through the mounts are many more than could be gone.
#[test]
fn routers_that_mount_each_other_again_and_again_end() {
    let module = |other: &str, path: &str| {
        let mounts = "router.include_router(other)\n".repeat(12);
        format!(
            "from fastapi import APIRouter\nfrom app.{other} import router as other\nrouter = APIRouter()\n{mounts}\
             @router.get('/{path}')\ndef get(): pass\n"
        )
    };
    let (one, two) = (module("two", "a"), module("one", "b"));
    let told = routes(&[("app/__init__.py", ""), ("app/one.py", &one), ("app/two.py", &two)]);
    assert_eq!(told, ["app/one.py#GET /a", "app/two.py#GET /b"]);
}

/// What a literal names becomes the path of an import, so it is looked at like every literal that is told.
#[test]
fn a_module_that_looks_like_a_credential_is_not_included() {
    let included = |module: &str| {
        let text = format!("from django.urls import include, path\nurlpatterns = [path('x/', include('{module}'))]\n");
        let grammar = Grammar::for_path("urls.py", None).expect("a grammar");
        let options = Options {
            word_key: WordKey::new([7; 32]),
            limits: Limits::default(),
        };
        match extract("urls.py", grammar, &SourceText::new(text.into_bytes()), &options) {
            Extraction::Facts(facts) => facts.names.contains(&Fragment::new(module)),
            Extraction::Skipped(why) => panic!("{why}"),
        }
    };
    assert!(included("shop.urls"));
    let credential = ["AKIA", "Z7Q2M5N3R3T6W4XY"].concat();
    assert!(!included(&credential));
}

#[test]
fn flask_blueprints_are_registered_below_prefixes() {
    let told = routes(&[
        (
            "shop/__init__.py",
            "from flask import Flask\n\ndef create_app():\n    app = Flask(__name__)\n    from .auth import bp as auth_bp\n    from shop.blog import bp\n    \
             from .admin import admin\n    app.register_blueprint(auth_bp, url_prefix='/auth')\n    app.register_blueprint(bp)\n    \
             app.register_blueprint(admin, url_prefix='/manage')\n    return app\n",
        ),
        (
            "shop/auth/__init__.py",
            "from flask import Blueprint\nbp = Blueprint('auth', __name__)\nfrom . import routes\n",
        ),
        (
            "shop/auth/routes.py",
            "from shop.auth import bp\n@bp.route('/login', methods=['POST'])\ndef login(): pass\n",
        ),
        (
            "shop/blog.py",
            "from flask import Blueprint\nbp = Blueprint('blog', __name__, url_prefix='/blog')\n@bp.route('/<int:id>')\ndef one(id): pass\n",
        ),
        (
            "shop/admin.py",
            "from flask import Blueprint\nadmin = Blueprint('admin', __name__, url_prefix='/admin')\nusers = Blueprint('users', __name__, url_prefix='/users')\n\
             admin.register_blueprint(users)\n@users.get('/all')\ndef all(): pass\n@admin.get('/')\ndef home(): pass\n",
        ),
        (
            "shop/extra.py",
            "from .blog import bp\n@bp.get('/extra')\ndef extra(): pass\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "shop/admin.py#GET /manage",
            "shop/admin.py#GET /manage/users/all",
            "shop/auth/routes.py#POST /auth/login",
            "shop/blog.py#GET /blog/{id}",
            "shop/extra.py#GET /blog/extra",
        ]
    );
}

#[test]
fn django_paths_include_other_modules() {
    let told = routes(&[
        (
            "site/urls.py",
            "from django.urls import include, path, re_path\nfrom . import views\nfrom shop import urls as shop_urls\n\nv2 = [path('old/', views.home)]\n\
             urlpatterns = [\n    path('', views.home),\n    path('blog/', include('blog.urls')),\n    path('shop/', include((shop_urls, 'CANARY'))),\n    \
             path('v1/', include([path('ping/', views.home)])),\n    path('v2/', include(v2)),\n    re_path(r'^legacy/(?P<year>[0-9]{4})/$', views.home),\n    \
             re_path(r'^any/(.*)|CANARY$', views.home),\n    path('admin/', include('django.contrib.CANARY')),\n]\n",
        ),
        ("site/views.py", "def home(request): pass\n"),
        (
            "blog/urls.py",
            "from django.urls import include, path\nfrom blog import views\nurlpatterns = [\n    path('<slug:slug>/', views.Post.as_view(), name='CANARY'),\n    \
             path('tags/', include('blog.tags.urls')),\n]\n",
        ),
        ("blog/views.py", "class Post: pass\n"),
        (
            "blog/tags/urls.py",
            "from django.urls import path\nfrom ..views import Post\nurlpatterns = [path('all/', Post)]\n",
        ),
        (
            "shop/urls.py",
            "from django.urls import path\nfrom .views import cart\nurlpatterns = [path('cart/', cart)]\n",
        ),
        ("shop/views.py", "def cart(request): pass\n"),
    ]);
    assert_eq!(
        told,
        [
            "blog/tags/urls.py#urlpatterns.ANY /blog/tags/all",
            "blog/urls.py#urlpatterns.ANY /blog/{slug}",
            "shop/urls.py#urlpatterns.ANY /shop/cart",
            "site/urls.py#urlpatterns.ANY /",
            "site/urls.py#urlpatterns.ANY /legacy/{year}",
            "site/urls.py#urlpatterns.ANY /v1/ping",
            "site/urls.py#v2.ANY /v2/old",
        ]
    );
}

#[test]
fn routers_of_djangos_rest_framework_are_included() {
    let told = routes(&[
        (
            "site/urls.py",
            "from django.urls import include, path, re_path\nfrom rest_framework import routers\nfrom shop.api import router as shop\nfrom blog import urls\n\
             from site import views\nown = routers.DefaultRouter()\nown.register(r'users', views.UserViewSet, basename='CANARY')\n\
             plain = routers.SimpleRouter()\nplain.register('', views.HomeViewSet)\n\
             urlpatterns = [\n    path('api/', include(own.urls)),\n    re_path(r'^shop/', include((shop.urls, 'CANARY'))),\n    path('blog/', include(urls)),\n]\n\
             urlpatterns += plain.urls\n",
        ),
        ("site/views.py", "class UserViewSet: pass\nclass HomeViewSet: pass\n"),
        (
            "shop/api.py",
            "from rest_framework.routers import SimpleRouter\nfrom shop.views import CartViewSet\nrouter = SimpleRouter()\nrouter.register('carts', CartViewSet)\n",
        ),
        ("shop/views.py", "class CartViewSet: pass\n"),
        (
            "blog/urls.py",
            "from rest_framework.routers import DefaultRouter\nfrom blog.views import PostViewSet\nrouter = DefaultRouter()\nrouter.register('posts', PostViewSet)\n\
             urlpatterns = router.urls\n",
        ),
        ("blog/views.py", "class PostViewSet: pass\n"),
    ]);
    assert_eq!(
        told,
        [
            "blog/urls.py#ANY /blog/posts",
            "blog/urls.py#ANY /blog/posts/{pk}",
            "shop/api.py#ANY /shop/carts",
            "shop/api.py#ANY /shop/carts/{pk}",
            "site/urls.py#ANY /",
            "site/urls.py#ANY /api/users",
            "site/urls.py#ANY /api/users/{pk}",
            "site/urls.py#ANY /{pk}",
        ]
    );
}

#[test]
fn actions_of_view_sets_stand_below_what_routers_of_the_repository_give_them() {
    let told = routes(&[
        (
            "site/urls.py",
            "from django.urls import include, path\nurlpatterns = [path('api/', include('shop.urls'))]\n",
        ),
        (
            "shop/urls.py",
            "from net.routers import ShopRouter\nfrom . import views\nrouter = ShopRouter()\nrouter.APIRootView = views.RootView\n\
             router.register('carts', views.CartViewSet)\nrouter.register(r'gifts', views.GiftViewSet, basename='CANARY')\n\
             router.register('canary', canary)\nhooks = Hooks()\nhooks.register('canary', views.CartViewSet)\nurlpatterns = router.urls\n",
        ),
        (
            "net/routers.py",
            "from rest_framework.routers import DefaultRouter\nclass ShopRouter(DefaultRouter): pass\n",
        ),
        (
            "shop/views.py",
            "from rest_framework.decorators import action\n\nclass Synced:\n    @action(detail=True, methods=['post'])\n    def sync(self): return 'CANARY'\n\n\
             class CartViewSet(Synced):\n    @action(detail=False)\n    def last_one(self): return 'CANARY'\n\
             \x20   @action(methods=['get', 'put'], detail=True, url_path='item/(?P<item>[0-9]+)')\n    def item(self): return 'CANARY'\n\
             \x20   @action(detail=CANARY)\n    def canary(self): return 'CANARY'\n\n\
             class GiftViewSet(Synced): pass\n\nclass Unseen:\n    @action(detail=True)\n    def shown(self): return 'CANARY'\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "shop/urls.py#ANY /api/carts",
            "shop/urls.py#ANY /api/carts/{pk}",
            "shop/urls.py#ANY /api/gifts",
            "shop/urls.py#ANY /api/gifts/{pk}",
            "shop/views.py#CartViewSet.GET /api/carts/last_one",
            "shop/views.py#CartViewSet.GET /api/carts/{pk}/item/{item}",
            "shop/views.py#CartViewSet.PUT /api/carts/{pk}/item/{item}",
            "shop/views.py#Synced.POST /api/carts/{pk}/sync",
            "shop/views.py#Synced.POST /api/gifts/{pk}/sync",
            "shop/views.py#Unseen.GET /*/{pk}/shown",
        ]
    );
}

#[test]
fn express_routers_are_used_below_paths() {
    let told = routes(&[
        (
            "src/app.ts",
            "import express from 'express';\nimport api from './routes';\nimport { auth } from './auth';\nimport { limit } from './limit';\n\
             const app = express();\napp.use('/api', limit, api);\napp.use('/auth', auth);\napp.use(limit());\napp.get('/', (req, res) => res.send('CANARY'));\n",
        ),
        (
            "src/limit.ts",
            "export function limit() { return (req, res, next) => next(); }\n",
        ),
        (
            "src/routes/index.ts",
            "import { Router } from 'express';\nimport users from './users';\nconst router = Router();\nrouter.use('/users', users);\n\
             router.use('/posts', require('./posts'));\nexport default router;\n",
        ),
        (
            "src/routes/users.ts",
            "import { Router } from 'express';\nimport { show } from '../show';\nconst router = Router();\nrouter.get('/:id', show);\nexport default router;\n",
        ),
        (
            "src/routes/posts.js",
            "const express = require('express');\nconst router = express.Router();\nrouter.post('/', (req, res) => res.send('CANARY'));\nmodule.exports = router;\n",
        ),
        ("src/show.ts", "export function show() {}\n"),
        (
            "src/auth.ts",
            "import { Router } from 'express';\nimport { show } from './show';\nexport const auth = makeAuth();\n\
             export function makeAuth() { const r = Router(); r.get('/me', show); return r; }\n",
        ),
        (
            "src/chain.ts",
            "import { Router } from 'express';\nimport { tags } from './tags';\nconst inner = Router().use(tags).use('/more', tags);\n\
             export default Router().use('/chain', inner);\n",
        ),
        (
            "src/tags.ts",
            "import { Router } from 'express';\nimport { show } from './show';\nexport const tags = Router();\ntags.get('/tags', show);\n",
        ),
        (
            "src/main.ts",
            "import express from 'express';\nimport { makeAuth } from './auth';\nconst app = express();\napp.use('/v2', makeAuth());\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "src/app.ts#GET /",
            "src/auth.ts#makeAuth.GET /v2/me",
            "src/routes/posts.js#POST /api/posts",
            "src/routes/users.ts#GET /api/users/{id}",
            "src/tags.ts#GET /chain/more/tags",
            "src/tags.ts#GET /chain/tags",
        ]
    );
}

#[test]
fn hono_koa_and_fastify_mount_what_others_make() {
    let told = routes(&[
        (
            "hono/index.ts",
            "import { Hono } from 'hono';\nimport { users } from './users';\nimport posts from './posts';\n\
             const app = new Hono().basePath('/api');\napp.route('/users', users).route('/posts', posts);\nexport default app;\n",
        ),
        (
            "hono/users.ts",
            "import { Hono } from 'hono';\nexport const users = new Hono().get('/', (c) => c.text('CANARY')).get('/:id', (c) => c.text('CANARY'));\n",
        ),
        (
            "hono/posts.ts",
            "import { Hono } from 'hono';\nconst app = new Hono();\napp.get('/new', (c) => c.text('CANARY')).post('/', (c) => c.text('CANARY'));\nexport default app;\n",
        ),
        (
            "koa/app.js",
            "const Koa = require('koa');\nconst Router = require('@koa/router');\nconst users = require('./users');\nconst app = new Koa();\nconst router = new Router();\n\
             router.use('/users', users.routes(), users.allowedMethods());\napp.use(router.routes());\n",
        ),
        (
            "koa/users.js",
            "const Router = require('@koa/router');\nconst router = new Router();\nrouter.get('/:id', show);\nfunction show(ctx) {}\nmodule.exports = router;\n",
        ),
        (
            "fast/server.js",
            "const fastify = require('fastify')();\nconst users = require('./users');\nfastify.register(users, { prefix: '/users' });\n\
             fastify.register(require('./posts'), { prefix: '/posts' });\nfastify.register(async (instance) => {\n  instance.get('/ping', ping);\n}, { prefix: '/v1' });\nfunction ping() {}\n",
        ),
        (
            "fast/users.js",
            "async function routes(fastify, options) {\n  fastify.get('/:id', show);\n}\nfunction show() {}\nmodule.exports = routes;\n",
        ),
        (
            "fast/posts.js",
            "module.exports = routes;\nasync function routes(fastify, options) {\n  fastify.post('/', add);\n}\nfunction add() {}\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "fast/posts.js#routes.POST /posts",
            "fast/server.js#GET /v1/ping",
            "fast/users.js#routes.GET /users/{id}",
            "hono/posts.ts#GET /api/posts/new",
            "hono/posts.ts#POST /api/posts",
            "hono/users.ts#users.GET /api/users",
            "hono/users.ts#users.GET /api/users/{id}",
            "koa/users.js#GET /users/{id}",
        ]
    );
}

#[test]
fn routers_of_koa_take_paths_without_a_slash() {
    let told = routes(&[
        (
            "api/index.ts",
            "import Koa from 'koa';\nimport Router from 'koa-router';\nimport things from './things';\nconst api = new Koa();\nconst router = new Router();\n\
             router.use('/', things.routes());\napi.use(router.routes());\nexport default api;\n",
        ),
        (
            "api/things.ts",
            "import Router from 'koa-router';\nconst router = new Router();\nrouter.post('things.update', auth(), async (ctx) => { ctx.body = 'CANARY'; });\n\
             router.post('things.info', auth(), validate('CANARY'), info);\nrouter.get('CANARY', '/things/:id', info);\nfunction info(ctx) {}\nexport default router;\n",
        ),
        (
            "api/later.ts",
            "import Router from '@koa/router';\nconst router = new Router();\nconst other = new Router({ prefix: computed() });\nrouter.prefix('/later');\n\
             router.get('/a', info);\nother.get('/b', info);\nexport const loose = new Router();\nloose.get('loose.list', info);\nloose.get('/loose', info);\nexport function info(ctx) {}\n",
        ),
        (
            "web.ts",
            "import Koa from 'koa';\nimport mount from 'koa-mount';\nimport api from './api';\nconst app = new Koa();\napp.use(mount('/api', api));\n",
        ),
        (
            "cache.ts",
            "import { router } from './cached';\nconst cache = makeCache();\ncache.get('CANARY', () => 1);\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "api/later.ts#GET /*/b",
            "api/later.ts#GET /*/loose.list",
            "api/later.ts#GET /later/a",
            "api/later.ts#GET /loose",
            "api/things.ts#GET /api/things/{id}",
            "api/things.ts#POST /api/things.info",
            "api/things.ts#POST /api/things.update",
        ]
    );
}

#[test]
fn routers_of_go_are_mounted_and_handed_on() {
    let told = routes(&[
        ("go.mod", "module example.com/shop\n"),
        (
            "main.go",
            "package main\n\nimport (\n\t\"example.com/shop/users\"\n\t\"github.com/gin-gonic/gin\"\n)\n\nfunc main() {\n\tr := gin.Default()\n\tv1 := r.Group(\"/v1\")\n\t\
             users.Register(v1, r)\n\tusers.Admin(v1.Group(\"/admin\"))\n}\n",
        ),
        (
            "users/routes.go",
            "package users\n\nimport \"github.com/gin-gonic/gin\"\n\nfunc Register(group *gin.RouterGroup, root gin.IRouter) {\n\tgroup.GET(\"/users/:id\", show)\n\troot.GET(\"/health\", show)\n}\n\n\
             func Admin(g *gin.RouterGroup) {\n\tsub := g.Group(\"/users\")\n\tsub.DELETE(\"/:id\", show)\n}\n\nfunc show(c *gin.Context) {}\n",
        ),
        (
            "chi/main.go",
            "package main\n\nimport (\n\t\"example.com/shop/chi/posts\"\n\t\"github.com/go-chi/chi/v5\"\n)\n\nfunc main() {\n\tr := chi.NewRouter()\n\tr.Route(\"/api\", func(r chi.Router) {\n\t\t\
             r.Mount(\"/posts\", posts.Routes())\n\t\tr.Mount(\"/tags\", posts.Resource{}.Routes())\n\t})\n\tadmin := chi.NewRouter()\n\tadmin.Get(\"/stats\", posts.List)\n\tr.Mount(\"/admin\", admin)\n}\n",
        ),
        (
            "chi/posts/posts.go",
            "package posts\n\nimport (\n\t\"net/http\"\n\t\"github.com/go-chi/chi/v5\"\n)\n\ntype Resource struct{}\n\nfunc Routes() chi.Router {\n\tr := chi.NewRouter()\n\tr.Get(\"/\", List)\n\t\
             r.Route(\"/{id}\", func(r chi.Router) {\n\t\tr.Get(\"/\", List)\n\t})\n\treturn r\n}\n\nfunc (Resource) Routes() http.Handler {\n\tr := chi.NewRouter()\n\tr.Post(\"/\", List)\n\treturn r\n}\n\n\
             func List(w http.ResponseWriter, r *http.Request) {}\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "chi/main.go#main.GET /admin/stats",
            "chi/posts/posts.go#Resource.Routes.POST /api/tags",
            "chi/posts/posts.go#Routes.GET /api/posts",
            "chi/posts/posts.go#Routes.GET /api/posts/{id}",
            "users/routes.go#Admin.DELETE /v1/admin/users/{id}",
            "users/routes.go#Register.GET /health",
            "users/routes.go#Register.GET /v1/users/{id}",
        ]
    );
}

#[test]
fn routers_of_actix_are_handed_on_by_name() {
    let told = routes(&[
        (
            "src/main.rs",
            "mod posts;\nmod users;\nuse actix_web::{App, web};\nfn main() { HttpServer::new(move || { App::new().configure(|cfg| posts::config(cfg, 1)).service((posts::index, other))\
             .service(web::scope(\"/v1\").wrap(a()).service(web::scope(\"/users\").service(services![users::one, other]).configure(users::more)).service(users::admin())) }); }\n",
        ),
        (
            "src/posts.rs",
            "use actix_web::web::{ServiceConfig, get, resource, scope};\nuse actix_web::post;\n#[actix_web::get(\"/\")]\npub async fn index() {}\n#[post(\"/new\")]\nasync fn new() {}\n\
             pub fn config(cfg: &mut ServiceConfig, limit: u8) { cfg.service(scope(\"/posts\").service(new).service(resource(\"/{id}\").route(get().to(index)))); }\n",
        ),
        (
            "src/users.rs",
            "use actix_web::{Scope, get, web};\n#[get(\"/{id}\")]\npub async fn one() {}\npub fn more(cfg: &mut web::ServiceConfig) { cfg.route(\"/more\", web::put().to(one)); }\n\
             pub fn admin() -> Scope { let stats = web::scope(\"/stats\").route(\"/day\", web::get().to(one)); web::scope(\"/admin\").route(\"\", web::get().to(one)).service(stats) }\n",
        ),
        (
            "rocket/main.rs",
            "#[rocket::get(\"/<id>?<page>\")]\nfn one() {}\n#[rocket::get(\"/all\")]\nfn all() {}\nfn main() { rocket::build().mount(\"/api\", routes![one, all]); }\n",
        ),
    ]);
    assert_eq!(
        told,
        [
            "rocket/main.rs#GET /api/all",
            "rocket/main.rs#GET /api/{id}",
            "src/posts.rs#GET /",
            "src/posts.rs#POST /posts/new",
            "src/posts.rs#config.GET /posts/{id}",
            "src/users.rs#GET /v1/users/{id}",
            "src/users.rs#admin.GET /v1/admin",
            "src/users.rs#admin.GET /v1/admin/stats/day",
            "src/users.rs#more.PUT /v1/users/more",
        ]
    );
}

#[test]
fn rails_gives_resources_their_routes() {
    let told = routes(&[(
        "config/routes.rb",
        "Rails.application.routes.draw do\n  resources :posts, only: [:index, :show] do\n    resources :comments, only: %i[create]\n    member do\n      post :publish\n    end\n    \
         collection do\n      get :search\n    end\n  end\n  resource :profile, except: [:destroy, :new, :edit]\n  namespace :admin do\n    resources :users, path: 'people', only: :destroy\n  end\n  \
         resources :secret, only: CANARY\nend\n",
    )]);
    let told: Vec<&str> = told
        .iter()
        .map(|it| it.trim_start_matches("config/routes.rb#"))
        .collect();
    assert_eq!(
        told,
        [
            "DELETE /admin/people/{id}",
            "GET /posts",
            "GET /posts/search",
            "GET /posts/{id}",
            "GET /profile",
            "PATCH /profile",
            "POST /posts/{}/comments",
            "POST /posts/{}/publish",
            "POST /profile",
            "PUT /profile",
        ]
    );
}

#[test]
fn a_mounted_route_is_found_by_who_asks_it_elsewhere() {
    let api = repository(&[
        (
            "main.py",
            "from fastapi import FastAPI\nfrom users import router\napp = FastAPI()\napp.include_router(router, prefix='/api')\n",
        ),
        (
            "users.py",
            "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/users/{id}')\ndef show(id): pass\n",
        ),
    ]);
    let web = repository(&[("load.ts", "export const load = (id) => fetch(`/api/users/${id}`);\n")]);
    let world = World::of(&[
        ("acme/api", "internal", api.path()),
        ("acme/web", "internal", web.path()),
    ]);
    let uses = world.ask(
        "find_references",
        json!({ "symbol": "acme/api:users.py#GET /api/users/{id}" }),
    );
    for expected in ["#show handled_by", "acme/web:load.ts", "in_other_repositories=1"] {
        assert!(uses.contains(expected), "{expected}: {uses}");
    }
}

#[test]
fn nest_finds_controllers_below_the_prefix_of_their_application() {
    let controller = "import { Controller, Get, Post } from '@nestjs/common';\n@Controller('users')\nexport class Users {\n  @Get(':id') one() { return 'CANARY'; }\n  \
                      @Post() add() {}\n}\n";
    let main = |prefix: &str| {
        format!(
            "import {{ NestFactory }} from '@nestjs/core';\nimport {{ App }} from './app';\nasync function start() {{\n  const app = await NestFactory.create(App);\n  \
             app.setGlobalPrefix({prefix});\n}}\nstart();\n"
        )
    };
    let told = routes(&[
        ("apps/shop/src/main.ts", &main("'api/v1'")),
        ("apps/shop/src/users/users.controller.ts", controller),
        ("apps/shop/test/app.e2e-spec.ts", &main("'CANARY'")),
        ("apps/desk/src/main.ts", &main("process.env.CANARY")),
        ("apps/desk/src/users.controller.ts", controller),
        ("libs/common/users.controller.ts", controller),
    ]);
    assert_eq!(
        told,
        [
            "apps/desk/src/users.controller.ts#Users.GET /users/{id}",
            "apps/desk/src/users.controller.ts#Users.POST /users",
            "apps/shop/src/users/users.controller.ts#Users.GET /api/v1/users/{id}",
            "apps/shop/src/users/users.controller.ts#Users.POST /api/v1/users",
            "libs/common/users.controller.ts#Users.GET /users/{id}",
            "libs/common/users.controller.ts#Users.POST /users",
        ]
    );
}
