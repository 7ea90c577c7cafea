"""standard objects"""

import sqlalchemy as sa
from alembic import op
from crmlib.model import types
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('custom_definitions',
    sa.Column('object', sa.Text(), nullable=False),
    sa.Column('definition', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('object', name=op.f('pk_custom_definitions')),
    comment='Custom objects and the custom fields of standard objects, as they were defined'
    )
    op.create_table('roles',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_roles_created_by_id'), use_alter=True),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_roles_modified_by_id'), use_alter=True),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_roles_owner_id'), use_alter=True),
    sa.ForeignKeyConstraint(['parent_id'], ['roles.id'], name=op.f('fk_roles_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roles'))
    )
    op.create_index(op.f('ix_roles_created_at'), 'roles', ['created_at'], unique=False)
    op.create_index(op.f('ix_roles_owner_id'), 'roles', ['owner_id'], unique=False)
    op.create_index(op.f('ix_roles_parent_id'), 'roles', ['parent_id'], unique=False)
    op.create_index('uq_roles_external_id', 'roles', ['external_id'], unique=True)
    op.create_table('role_closure',
    sa.Column('ancestor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('descendant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('depth', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['ancestor_id'], ['roles.id'], name=op.f('fk_role_closure_ancestor_id')),
    sa.ForeignKeyConstraint(['descendant_id'], ['roles.id'], name=op.f('fk_role_closure_descendant_id')),
    sa.PrimaryKeyConstraint('ancestor_id', 'descendant_id', name=op.f('pk_role_closure')),
    comment='Every role with itself (depth 0) and with each role below it'
    )
    op.create_index(op.f('ix_role_closure_descendant_id'), 'role_closure', ['descendant_id'], unique=False)
    op.create_table('users',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('username', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=True),
    sa.Column('role_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('manager_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=True),
    sa.Column('time_zone', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_users_created_by_id')),
    sa.ForeignKeyConstraint(['manager_id'], ['users.id'], name=op.f('fk_users_manager_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_users_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_users_owner_id')),
    sa.ForeignKeyConstraint(['role_id'], ['roles.id'], name=op.f('fk_users_role_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users'))
    )
    op.create_index(op.f('ix_users_created_at'), 'users', ['created_at'], unique=False)
    op.create_index(op.f('ix_users_manager_id'), 'users', ['manager_id'], unique=False)
    op.create_index(op.f('ix_users_owner_id'), 'users', ['owner_id'], unique=False)
    op.create_index(op.f('ix_users_role_id'), 'users', ['role_id'], unique=False)
    op.create_index('uq_users_external_id', 'users', ['external_id'], unique=True)
    # Roles and users point at each other. SQLite took these keys with the table and can't add any; PostgreSQL left them out.
    if op.get_bind().dialect.name == 'postgresql':
        for column in ('created_by_id', 'modified_by_id', 'owner_id'):
            op.create_foreign_key(op.f(f'fk_roles_{column}'), 'roles', 'users', [column], ['id'])
    op.create_table('accounts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('type', sa.Text(), nullable=True),
    sa.Column('industry', sa.Text(), nullable=True),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('website', sa.Text(), nullable=True),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('city', sa.Text(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('employees', sa.BigInteger(), nullable=True),
    sa.Column('annual_revenue', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('high_season', types.ValueSet(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_accounts_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_accounts_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_accounts_owner_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['accounts.id'], name=op.f('fk_accounts_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts'))
    )
    op.create_index(op.f('ix_accounts_created_at'), 'accounts', ['created_at'], unique=False)
    op.create_index(op.f('ix_accounts_owner_id'), 'accounts', ['owner_id'], unique=False)
    op.create_index(op.f('ix_accounts_parent_id'), 'accounts', ['parent_id'], unique=False)
    op.create_index('uq_accounts_external_id', 'accounts', ['external_id'], unique=True)
    op.create_table('campaigns',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('type', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('start_date', sa.Date(), nullable=True),
    sa.Column('end_date', sa.Date(), nullable=True),
    sa.Column('expected_revenue', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('budget', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('actual_cost', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_campaigns_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_campaigns_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_campaigns_owner_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['campaigns.id'], name=op.f('fk_campaigns_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns'))
    )
    op.create_index(op.f('ix_campaigns_created_at'), 'campaigns', ['created_at'], unique=False)
    op.create_index(op.f('ix_campaigns_end_date'), 'campaigns', ['end_date'], unique=False)
    op.create_index(op.f('ix_campaigns_owner_id'), 'campaigns', ['owner_id'], unique=False)
    op.create_index(op.f('ix_campaigns_parent_id'), 'campaigns', ['parent_id'], unique=False)
    op.create_index(op.f('ix_campaigns_start_date'), 'campaigns', ['start_date'], unique=False)
    op.create_index('uq_campaigns_external_id', 'campaigns', ['external_id'], unique=True)
    op.create_table('organizations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('time_zone', sa.Text(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.Column('locale', sa.Text(), nullable=True),
    sa.Column('week_start', sa.Text(), nullable=True),
    sa.Column('fiscal_year_start', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_organizations_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_organizations_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_organizations_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organizations'))
    )
    op.create_index(op.f('ix_organizations_created_at'), 'organizations', ['created_at'], unique=False)
    op.create_index(op.f('ix_organizations_owner_id'), 'organizations', ['owner_id'], unique=False)
    op.create_index('uq_organizations_external_id', 'organizations', ['external_id'], unique=True)
    op.create_table('permission_sets',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_permission_sets_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_permission_sets_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_permission_sets_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_permission_sets'))
    )
    op.create_index(op.f('ix_permission_sets_created_at'), 'permission_sets', ['created_at'], unique=False)
    op.create_index(op.f('ix_permission_sets_owner_id'), 'permission_sets', ['owner_id'], unique=False)
    op.create_index('uq_permission_sets_external_id', 'permission_sets', ['external_id'], unique=True)
    op.create_table('plans',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('measure', sa.Text(), nullable=True),
    sa.Column('period_start', sa.Date(), nullable=True),
    sa.Column('period_end', sa.Date(), nullable=True),
    sa.Column('target', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_plans_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_plans_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_plans_owner_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_plans_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plans'))
    )
    op.create_index(op.f('ix_plans_created_at'), 'plans', ['created_at'], unique=False)
    op.create_index(op.f('ix_plans_owner_id'), 'plans', ['owner_id'], unique=False)
    op.create_index(op.f('ix_plans_period_end'), 'plans', ['period_end'], unique=False)
    op.create_index(op.f('ix_plans_period_start'), 'plans', ['period_start'], unique=False)
    op.create_index(op.f('ix_plans_user_id'), 'plans', ['user_id'], unique=False)
    op.create_index('uq_plans_external_id', 'plans', ['external_id'], unique=True)
    op.create_table('price_books',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=True),
    sa.Column('pricing', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_price_books_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_price_books_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_price_books_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_books'))
    )
    op.create_index(op.f('ix_price_books_created_at'), 'price_books', ['created_at'], unique=False)
    op.create_index(op.f('ix_price_books_owner_id'), 'price_books', ['owner_id'], unique=False)
    op.create_index('uq_price_books_external_id', 'price_books', ['external_id'], unique=True)
    op.create_table('products',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('family', sa.Text(), nullable=True),
    sa.Column('manufacturer', sa.Text(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=True),
    sa.Column('unit_cost', types.ExactDecimal(scale=4), nullable=True),
    sa.Column('in_stock', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_products_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_products_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_products_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_products'))
    )
    op.create_index(op.f('ix_products_created_at'), 'products', ['created_at'], unique=False)
    op.create_index(op.f('ix_products_owner_id'), 'products', ['owner_id'], unique=False)
    op.create_index('uq_products_external_id', 'products', ['external_id'], unique=True)
    op.create_table('report_schedules',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('report', sa.Text(), nullable=True),
    sa.Column('weekday', sa.Text(), nullable=True),
    sa.Column('at_time', sa.Text(), nullable=True),
    sa.Column('run_as_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=True),
    sa.Column('starts_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_report_schedules_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_report_schedules_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_report_schedules_owner_id')),
    sa.ForeignKeyConstraint(['run_as_id'], ['users.id'], name=op.f('fk_report_schedules_run_as_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_schedules'))
    )
    op.create_index(op.f('ix_report_schedules_created_at'), 'report_schedules', ['created_at'], unique=False)
    op.create_index(op.f('ix_report_schedules_owner_id'), 'report_schedules', ['owner_id'], unique=False)
    op.create_index(op.f('ix_report_schedules_run_as_id'), 'report_schedules', ['run_as_id'], unique=False)
    op.create_index(op.f('ix_report_schedules_starts_at'), 'report_schedules', ['starts_at'], unique=False)
    op.create_index('uq_report_schedules_external_id', 'report_schedules', ['external_id'], unique=True)
    op.create_table('sharing_defaults',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('level', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_sharing_defaults_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_sharing_defaults_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_sharing_defaults_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sharing_defaults'))
    )
    op.create_index(op.f('ix_sharing_defaults_created_at'), 'sharing_defaults', ['created_at'], unique=False)
    op.create_index(op.f('ix_sharing_defaults_owner_id'), 'sharing_defaults', ['owner_id'], unique=False)
    op.create_index('uq_sharing_defaults_external_id', 'sharing_defaults', ['external_id'], unique=True)
    op.create_table('stages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('probability', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_stages_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_stages_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_stages_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stages'))
    )
    op.create_index(op.f('ix_stages_created_at'), 'stages', ['created_at'], unique=False)
    op.create_index(op.f('ix_stages_owner_id'), 'stages', ['owner_id'], unique=False)
    op.create_index('uq_stages_external_id', 'stages', ['external_id'], unique=True)
    op.create_table('contacts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('first_name', sa.Text(), nullable=True),
    sa.Column('last_name', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('position', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('mobile', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('birthday', sa.Date(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('city', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contacts_account_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_contacts_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_contacts_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_contacts_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contacts'))
    )
    op.create_index(op.f('ix_contacts_account_id'), 'contacts', ['account_id'], unique=False)
    op.create_index(op.f('ix_contacts_birthday'), 'contacts', ['birthday'], unique=False)
    op.create_index(op.f('ix_contacts_created_at'), 'contacts', ['created_at'], unique=False)
    op.create_index(op.f('ix_contacts_owner_id'), 'contacts', ['owner_id'], unique=False)
    op.create_index('uq_contacts_external_id', 'contacts', ['external_id'], unique=True)
    op.create_table('field_permissions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('permission_set_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('can_read', sa.Boolean(), nullable=True),
    sa.Column('can_edit', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_field_permissions_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_field_permissions_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_field_permissions_owner_id')),
    sa.ForeignKeyConstraint(['permission_set_id'], ['permission_sets.id'], name=op.f('fk_field_permissions_permission_set_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_permissions'))
    )
    op.create_index(op.f('ix_field_permissions_created_at'), 'field_permissions', ['created_at'], unique=False)
    op.create_index(op.f('ix_field_permissions_owner_id'), 'field_permissions', ['owner_id'], unique=False)
    op.create_index(op.f('ix_field_permissions_permission_set_id'), 'field_permissions', ['permission_set_id'], unique=False)
    op.create_index('uq_field_permissions_external_id', 'field_permissions', ['external_id'], unique=True)
    op.create_table('object_permissions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('permission_set_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('can_read', sa.Boolean(), nullable=True),
    sa.Column('can_create', sa.Boolean(), nullable=True),
    sa.Column('can_edit', sa.Boolean(), nullable=True),
    sa.Column('can_delete', sa.Boolean(), nullable=True),
    sa.Column('view_all', sa.Boolean(), nullable=True),
    sa.Column('edit_all', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_object_permissions_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_object_permissions_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_object_permissions_owner_id')),
    sa.ForeignKeyConstraint(['permission_set_id'], ['permission_sets.id'], name=op.f('fk_object_permissions_permission_set_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_object_permissions'))
    )
    op.create_index(op.f('ix_object_permissions_created_at'), 'object_permissions', ['created_at'], unique=False)
    op.create_index(op.f('ix_object_permissions_owner_id'), 'object_permissions', ['owner_id'], unique=False)
    op.create_index(op.f('ix_object_permissions_permission_set_id'), 'object_permissions', ['permission_set_id'], unique=False)
    op.create_index('uq_object_permissions_external_id', 'object_permissions', ['external_id'], unique=True)
    op.create_table('permission_assignments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('permission_set_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_permission_assignments_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_permission_assignments_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_permission_assignments_owner_id')),
    sa.ForeignKeyConstraint(['permission_set_id'], ['permission_sets.id'], name=op.f('fk_permission_assignments_permission_set_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_permission_assignments_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_permission_assignments'))
    )
    op.create_index(op.f('ix_permission_assignments_created_at'), 'permission_assignments', ['created_at'], unique=False)
    op.create_index(op.f('ix_permission_assignments_owner_id'), 'permission_assignments', ['owner_id'], unique=False)
    op.create_index(op.f('ix_permission_assignments_permission_set_id'), 'permission_assignments', ['permission_set_id'], unique=False)
    op.create_index(op.f('ix_permission_assignments_user_id'), 'permission_assignments', ['user_id'], unique=False)
    op.create_index('uq_permission_assignments_external_id', 'permission_assignments', ['external_id'], unique=True)
    op.create_table('price_book_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('price_book_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_price', types.ExactDecimal(scale=4), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_price_book_entries_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_price_book_entries_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_price_book_entries_owner_id')),
    sa.ForeignKeyConstraint(['price_book_id'], ['price_books.id'], name=op.f('fk_price_book_entries_price_book_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_price_book_entries_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_book_entries'))
    )
    op.create_index(op.f('ix_price_book_entries_created_at'), 'price_book_entries', ['created_at'], unique=False)
    op.create_index(op.f('ix_price_book_entries_owner_id'), 'price_book_entries', ['owner_id'], unique=False)
    op.create_index(op.f('ix_price_book_entries_price_book_id'), 'price_book_entries', ['price_book_id'], unique=False)
    op.create_index(op.f('ix_price_book_entries_product_id'), 'price_book_entries', ['product_id'], unique=False)
    op.create_index('uq_price_book_entries_external_id', 'price_book_entries', ['external_id'], unique=True)
    op.create_table('report_runs',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('schedule_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('report', sa.Text(), nullable=True),
    sa.Column('run_as_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('due_at', types.UtcDateTime(), nullable=True),
    sa.Column('started_at', types.UtcDateTime(), nullable=True),
    sa.Column('finished_at', types.UtcDateTime(), nullable=True),
    sa.Column('seconds', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('folder', sa.Text(), nullable=True),
    sa.Column('process', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_report_runs_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_report_runs_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_report_runs_owner_id')),
    sa.ForeignKeyConstraint(['run_as_id'], ['users.id'], name=op.f('fk_report_runs_run_as_id')),
    sa.ForeignKeyConstraint(['schedule_id'], ['report_schedules.id'], name=op.f('fk_report_runs_schedule_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_runs'))
    )
    op.create_index(op.f('ix_report_runs_created_at'), 'report_runs', ['created_at'], unique=False)
    op.create_index(op.f('ix_report_runs_due_at'), 'report_runs', ['due_at'], unique=False)
    op.create_index(op.f('ix_report_runs_finished_at'), 'report_runs', ['finished_at'], unique=False)
    op.create_index(op.f('ix_report_runs_owner_id'), 'report_runs', ['owner_id'], unique=False)
    op.create_index(op.f('ix_report_runs_run_as_id'), 'report_runs', ['run_as_id'], unique=False)
    op.create_index(op.f('ix_report_runs_schedule_id'), 'report_runs', ['schedule_id'], unique=False)
    op.create_index(op.f('ix_report_runs_started_at'), 'report_runs', ['started_at'], unique=False)
    op.create_index('uq_report_runs_external_id', 'report_runs', ['external_id'], unique=True)
    op.create_table('cases',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('origin', sa.Text(), nullable=True),
    sa.Column('priority', sa.Text(), nullable=True),
    sa.Column('opened_at', types.UtcDateTime(), nullable=True),
    sa.Column('closed_at', types.UtcDateTime(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_cases_account_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_cases_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_cases_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_cases_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_cases_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases'))
    )
    op.create_index(op.f('ix_cases_account_id'), 'cases', ['account_id'], unique=False)
    op.create_index(op.f('ix_cases_closed_at'), 'cases', ['closed_at'], unique=False)
    op.create_index(op.f('ix_cases_contact_id'), 'cases', ['contact_id'], unique=False)
    op.create_index(op.f('ix_cases_created_at'), 'cases', ['created_at'], unique=False)
    op.create_index(op.f('ix_cases_opened_at'), 'cases', ['opened_at'], unique=False)
    op.create_index(op.f('ix_cases_owner_id'), 'cases', ['owner_id'], unique=False)
    op.create_index('uq_cases_external_id', 'cases', ['external_id'], unique=True)
    op.create_table('contact_points',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('usage', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_contact_points_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_contact_points_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_contact_points_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_contact_points_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_points'))
    )
    op.create_index(op.f('ix_contact_points_contact_id'), 'contact_points', ['contact_id'], unique=False)
    op.create_index(op.f('ix_contact_points_created_at'), 'contact_points', ['created_at'], unique=False)
    op.create_index(op.f('ix_contact_points_owner_id'), 'contact_points', ['owner_id'], unique=False)
    op.create_index('uq_contact_points_external_id', 'contact_points', ['external_id'], unique=True)
    op.create_table('contact_roles',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Text(), nullable=True),
    sa.Column('is_talking_to_us', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contact_roles_account_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_contact_roles_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_contact_roles_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_contact_roles_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_contact_roles_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_roles'))
    )
    op.create_index(op.f('ix_contact_roles_account_id'), 'contact_roles', ['account_id'], unique=False)
    op.create_index(op.f('ix_contact_roles_contact_id'), 'contact_roles', ['contact_id'], unique=False)
    op.create_index(op.f('ix_contact_roles_created_at'), 'contact_roles', ['created_at'], unique=False)
    op.create_index(op.f('ix_contact_roles_owner_id'), 'contact_roles', ['owner_id'], unique=False)
    op.create_index('uq_contact_roles_external_id', 'contact_roles', ['external_id'], unique=True)
    op.create_table('opportunities',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('stage_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('probability', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('expected_revenue', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('close_date', sa.Date(), nullable=True),
    sa.Column('type', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('price_book_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('next_step', sa.Text(), nullable=True),
    sa.Column('loss_reason', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_opportunities_account_id')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_opportunities_campaign_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_opportunities_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_opportunities_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_opportunities_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_opportunities_owner_id')),
    sa.ForeignKeyConstraint(['price_book_id'], ['price_books.id'], name=op.f('fk_opportunities_price_book_id')),
    sa.ForeignKeyConstraint(['stage_id'], ['stages.id'], name=op.f('fk_opportunities_stage_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opportunities'))
    )
    op.create_index(op.f('ix_opportunities_account_id'), 'opportunities', ['account_id'], unique=False)
    op.create_index(op.f('ix_opportunities_campaign_id'), 'opportunities', ['campaign_id'], unique=False)
    op.create_index(op.f('ix_opportunities_close_date'), 'opportunities', ['close_date'], unique=False)
    op.create_index(op.f('ix_opportunities_contact_id'), 'opportunities', ['contact_id'], unique=False)
    op.create_index(op.f('ix_opportunities_created_at'), 'opportunities', ['created_at'], unique=False)
    op.create_index(op.f('ix_opportunities_owner_id'), 'opportunities', ['owner_id'], unique=False)
    op.create_index(op.f('ix_opportunities_price_book_id'), 'opportunities', ['price_book_id'], unique=False)
    op.create_index(op.f('ix_opportunities_stage_id'), 'opportunities', ['stage_id'], unique=False)
    op.create_index('uq_opportunities_external_id', 'opportunities', ['external_id'], unique=True)
    op.create_table('leads',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('first_name', sa.Text(), nullable=True),
    sa.Column('last_name', sa.Text(), nullable=True),
    sa.Column('company', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('mobile', sa.Text(), nullable=True),
    sa.Column('website', sa.Text(), nullable=True),
    sa.Column('industry', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_converted', sa.Boolean(), nullable=True),
    sa.Column('converted_at', types.UtcDateTime(), nullable=True),
    sa.Column('converted_account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('converted_contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('converted_opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_leads_campaign_id')),
    sa.ForeignKeyConstraint(['converted_account_id'], ['accounts.id'], name=op.f('fk_leads_converted_account_id')),
    sa.ForeignKeyConstraint(['converted_contact_id'], ['contacts.id'], name=op.f('fk_leads_converted_contact_id')),
    sa.ForeignKeyConstraint(['converted_opportunity_id'], ['opportunities.id'], name=op.f('fk_leads_converted_opportunity_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_leads_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_leads_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_leads_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leads'))
    )
    op.create_index(op.f('ix_leads_campaign_id'), 'leads', ['campaign_id'], unique=False)
    op.create_index(op.f('ix_leads_converted_account_id'), 'leads', ['converted_account_id'], unique=False)
    op.create_index(op.f('ix_leads_converted_at'), 'leads', ['converted_at'], unique=False)
    op.create_index(op.f('ix_leads_converted_contact_id'), 'leads', ['converted_contact_id'], unique=False)
    op.create_index(op.f('ix_leads_converted_opportunity_id'), 'leads', ['converted_opportunity_id'], unique=False)
    op.create_index(op.f('ix_leads_created_at'), 'leads', ['created_at'], unique=False)
    op.create_index(op.f('ix_leads_owner_id'), 'leads', ['owner_id'], unique=False)
    op.create_index('uq_leads_external_id', 'leads', ['external_id'], unique=True)
    op.create_table('opportunity_contact_roles',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Text(), nullable=True),
    sa.Column('is_primary', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_opportunity_contact_roles_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_opportunity_contact_roles_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_opportunity_contact_roles_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_opportunity_contact_roles_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_opportunity_contact_roles_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opportunity_contact_roles'))
    )
    op.create_index(op.f('ix_opportunity_contact_roles_contact_id'), 'opportunity_contact_roles', ['contact_id'], unique=False)
    op.create_index(op.f('ix_opportunity_contact_roles_created_at'), 'opportunity_contact_roles', ['created_at'], unique=False)
    op.create_index(op.f('ix_opportunity_contact_roles_opportunity_id'), 'opportunity_contact_roles', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_opportunity_contact_roles_owner_id'), 'opportunity_contact_roles', ['owner_id'], unique=False)
    op.create_index('uq_opportunity_contact_roles_external_id', 'opportunity_contact_roles', ['external_id'], unique=True)
    op.create_table('opportunity_line_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('quantity', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('unit_price', types.ExactDecimal(scale=4), nullable=True),
    sa.Column('subtotal', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('discount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('tax', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('total_price', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_opportunity_line_items_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_opportunity_line_items_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_opportunity_line_items_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_opportunity_line_items_owner_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_opportunity_line_items_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opportunity_line_items'))
    )
    op.create_index(op.f('ix_opportunity_line_items_created_at'), 'opportunity_line_items', ['created_at'], unique=False)
    op.create_index(op.f('ix_opportunity_line_items_opportunity_id'), 'opportunity_line_items', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_opportunity_line_items_owner_id'), 'opportunity_line_items', ['owner_id'], unique=False)
    op.create_index(op.f('ix_opportunity_line_items_product_id'), 'opportunity_line_items', ['product_id'], unique=False)
    op.create_index('uq_opportunity_line_items_external_id', 'opportunity_line_items', ['external_id'], unique=True)
    op.create_table('quotes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('subtotal', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('discount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('tax', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('adjustment', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('total', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_quotes_account_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_quotes_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_quotes_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_quotes_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_quotes_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_quotes_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quotes'))
    )
    op.create_index(op.f('ix_quotes_account_id'), 'quotes', ['account_id'], unique=False)
    op.create_index(op.f('ix_quotes_contact_id'), 'quotes', ['contact_id'], unique=False)
    op.create_index(op.f('ix_quotes_created_at'), 'quotes', ['created_at'], unique=False)
    op.create_index(op.f('ix_quotes_opportunity_id'), 'quotes', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_quotes_owner_id'), 'quotes', ['owner_id'], unique=False)
    op.create_index(op.f('ix_quotes_valid_until'), 'quotes', ['valid_until'], unique=False)
    op.create_index('uq_quotes_external_id', 'quotes', ['external_id'], unique=True)
    op.create_table('stage_changes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('from_stage_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('to_stage_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('changed_at', types.UtcDateTime(), nullable=True),
    sa.Column('days_in_stage', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_stage_changes_created_by_id')),
    sa.ForeignKeyConstraint(['from_stage_id'], ['stages.id'], name=op.f('fk_stage_changes_from_stage_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_stage_changes_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_stage_changes_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_stage_changes_owner_id')),
    sa.ForeignKeyConstraint(['to_stage_id'], ['stages.id'], name=op.f('fk_stage_changes_to_stage_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stage_changes'))
    )
    op.create_index(op.f('ix_stage_changes_changed_at'), 'stage_changes', ['changed_at'], unique=False)
    op.create_index(op.f('ix_stage_changes_created_at'), 'stage_changes', ['created_at'], unique=False)
    op.create_index(op.f('ix_stage_changes_from_stage_id'), 'stage_changes', ['from_stage_id'], unique=False)
    op.create_index(op.f('ix_stage_changes_opportunity_id'), 'stage_changes', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_stage_changes_owner_id'), 'stage_changes', ['owner_id'], unique=False)
    op.create_index(op.f('ix_stage_changes_to_stage_id'), 'stage_changes', ['to_stage_id'], unique=False)
    op.create_index('uq_stage_changes_external_id', 'stage_changes', ['external_id'], unique=True)
    op.create_table('calls',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('starts_at', types.UtcDateTime(), nullable=True),
    sa.Column('seconds', sa.BigInteger(), nullable=True),
    sa.Column('direction', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('is_billable', sa.Boolean(), nullable=True),
    sa.Column('recording_url', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_calls_account_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_calls_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_calls_created_by_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_calls_lead_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_calls_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_calls_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_calls_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calls'))
    )
    op.create_index(op.f('ix_calls_account_id'), 'calls', ['account_id'], unique=False)
    op.create_index(op.f('ix_calls_contact_id'), 'calls', ['contact_id'], unique=False)
    op.create_index(op.f('ix_calls_created_at'), 'calls', ['created_at'], unique=False)
    op.create_index(op.f('ix_calls_lead_id'), 'calls', ['lead_id'], unique=False)
    op.create_index(op.f('ix_calls_opportunity_id'), 'calls', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_calls_owner_id'), 'calls', ['owner_id'], unique=False)
    op.create_index(op.f('ix_calls_starts_at'), 'calls', ['starts_at'], unique=False)
    op.create_index('uq_calls_external_id', 'calls', ['external_id'], unique=True)
    op.create_table('campaign_members',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('responded_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_members_campaign_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_campaign_members_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_campaign_members_created_by_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_campaign_members_lead_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_campaign_members_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_campaign_members_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_members'))
    )
    op.create_index(op.f('ix_campaign_members_campaign_id'), 'campaign_members', ['campaign_id'], unique=False)
    op.create_index(op.f('ix_campaign_members_contact_id'), 'campaign_members', ['contact_id'], unique=False)
    op.create_index(op.f('ix_campaign_members_created_at'), 'campaign_members', ['created_at'], unique=False)
    op.create_index(op.f('ix_campaign_members_lead_id'), 'campaign_members', ['lead_id'], unique=False)
    op.create_index(op.f('ix_campaign_members_owner_id'), 'campaign_members', ['owner_id'], unique=False)
    op.create_index(op.f('ix_campaign_members_responded_at'), 'campaign_members', ['responded_at'], unique=False)
    op.create_index('uq_campaign_members_external_id', 'campaign_members', ['external_id'], unique=True)
    op.create_table('meetings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('starts_at', types.UtcDateTime(), nullable=True),
    sa.Column('ends_at', types.UtcDateTime(), nullable=True),
    sa.Column('location', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('next_meeting_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_meetings_account_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_meetings_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_meetings_created_by_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_meetings_lead_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_meetings_modified_by_id')),
    sa.ForeignKeyConstraint(['next_meeting_id'], ['meetings.id'], name=op.f('fk_meetings_next_meeting_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_meetings_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_meetings_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meetings'))
    )
    op.create_index(op.f('ix_meetings_account_id'), 'meetings', ['account_id'], unique=False)
    op.create_index(op.f('ix_meetings_contact_id'), 'meetings', ['contact_id'], unique=False)
    op.create_index(op.f('ix_meetings_created_at'), 'meetings', ['created_at'], unique=False)
    op.create_index(op.f('ix_meetings_ends_at'), 'meetings', ['ends_at'], unique=False)
    op.create_index(op.f('ix_meetings_lead_id'), 'meetings', ['lead_id'], unique=False)
    op.create_index(op.f('ix_meetings_next_meeting_id'), 'meetings', ['next_meeting_id'], unique=False)
    op.create_index(op.f('ix_meetings_opportunity_id'), 'meetings', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_meetings_owner_id'), 'meetings', ['owner_id'], unique=False)
    op.create_index(op.f('ix_meetings_starts_at'), 'meetings', ['starts_at'], unique=False)
    op.create_index('uq_meetings_external_id', 'meetings', ['external_id'], unique=True)
    op.create_table('orders',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('quote_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ordered_at', types.UtcDateTime(), nullable=True),
    sa.Column('due_date', sa.Date(), nullable=True),
    sa.Column('subtotal', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('discount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('tax', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('adjustment', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('total', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_orders_account_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_orders_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_orders_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_orders_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_orders_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_orders_owner_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quotes.id'], name=op.f('fk_orders_quote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders'))
    )
    op.create_index(op.f('ix_orders_account_id'), 'orders', ['account_id'], unique=False)
    op.create_index(op.f('ix_orders_contact_id'), 'orders', ['contact_id'], unique=False)
    op.create_index(op.f('ix_orders_created_at'), 'orders', ['created_at'], unique=False)
    op.create_index(op.f('ix_orders_due_date'), 'orders', ['due_date'], unique=False)
    op.create_index(op.f('ix_orders_opportunity_id'), 'orders', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_orders_ordered_at'), 'orders', ['ordered_at'], unique=False)
    op.create_index(op.f('ix_orders_owner_id'), 'orders', ['owner_id'], unique=False)
    op.create_index(op.f('ix_orders_quote_id'), 'orders', ['quote_id'], unique=False)
    op.create_index('uq_orders_external_id', 'orders', ['external_id'], unique=True)
    op.create_table('quote_line_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('quote_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('quantity', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('unit_price', types.ExactDecimal(scale=4), nullable=True),
    sa.Column('subtotal', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('discount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('tax', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('total_price', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_quote_line_items_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_quote_line_items_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_quote_line_items_owner_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_quote_line_items_product_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quotes.id'], name=op.f('fk_quote_line_items_quote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quote_line_items'))
    )
    op.create_index(op.f('ix_quote_line_items_created_at'), 'quote_line_items', ['created_at'], unique=False)
    op.create_index(op.f('ix_quote_line_items_owner_id'), 'quote_line_items', ['owner_id'], unique=False)
    op.create_index(op.f('ix_quote_line_items_product_id'), 'quote_line_items', ['product_id'], unique=False)
    op.create_index(op.f('ix_quote_line_items_quote_id'), 'quote_line_items', ['quote_id'], unique=False)
    op.create_index('uq_quote_line_items_external_id', 'quote_line_items', ['external_id'], unique=True)
    op.create_table('tasks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('due_date', sa.Date(), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('priority', sa.Text(), nullable=True),
    sa.Column('completed_at', types.UtcDateTime(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_tasks_account_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_tasks_case_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_tasks_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_tasks_created_by_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_tasks_lead_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_tasks_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_tasks_opportunity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_tasks_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    op.create_index(op.f('ix_tasks_account_id'), 'tasks', ['account_id'], unique=False)
    op.create_index(op.f('ix_tasks_case_id'), 'tasks', ['case_id'], unique=False)
    op.create_index(op.f('ix_tasks_completed_at'), 'tasks', ['completed_at'], unique=False)
    op.create_index(op.f('ix_tasks_contact_id'), 'tasks', ['contact_id'], unique=False)
    op.create_index(op.f('ix_tasks_created_at'), 'tasks', ['created_at'], unique=False)
    op.create_index(op.f('ix_tasks_due_date'), 'tasks', ['due_date'], unique=False)
    op.create_index(op.f('ix_tasks_lead_id'), 'tasks', ['lead_id'], unique=False)
    op.create_index(op.f('ix_tasks_opportunity_id'), 'tasks', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_tasks_owner_id'), 'tasks', ['owner_id'], unique=False)
    op.create_index('uq_tasks_external_id', 'tasks', ['external_id'], unique=True)
    op.create_table('invoices',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opportunity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('invoice_date', sa.Date(), nullable=True),
    sa.Column('due_date', sa.Date(), nullable=True),
    sa.Column('subtotal', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('discount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('tax', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('adjustment', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('total', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_invoices_account_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_invoices_contact_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_invoices_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_invoices_modified_by_id')),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunities.id'], name=op.f('fk_invoices_opportunity_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_invoices_order_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_invoices_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoices'))
    )
    op.create_index(op.f('ix_invoices_account_id'), 'invoices', ['account_id'], unique=False)
    op.create_index(op.f('ix_invoices_contact_id'), 'invoices', ['contact_id'], unique=False)
    op.create_index(op.f('ix_invoices_created_at'), 'invoices', ['created_at'], unique=False)
    op.create_index(op.f('ix_invoices_due_date'), 'invoices', ['due_date'], unique=False)
    op.create_index(op.f('ix_invoices_invoice_date'), 'invoices', ['invoice_date'], unique=False)
    op.create_index(op.f('ix_invoices_opportunity_id'), 'invoices', ['opportunity_id'], unique=False)
    op.create_index(op.f('ix_invoices_order_id'), 'invoices', ['order_id'], unique=False)
    op.create_index(op.f('ix_invoices_owner_id'), 'invoices', ['owner_id'], unique=False)
    op.create_index('uq_invoices_external_id', 'invoices', ['external_id'], unique=True)
    op.create_table('order_line_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('quantity', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('unit_price', types.ExactDecimal(scale=4), nullable=True),
    sa.Column('subtotal', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('discount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('tax', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('total_price', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_order_line_items_created_by_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_order_line_items_modified_by_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_line_items_order_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_order_line_items_owner_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_order_line_items_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_line_items'))
    )
    op.create_index(op.f('ix_order_line_items_created_at'), 'order_line_items', ['created_at'], unique=False)
    op.create_index(op.f('ix_order_line_items_order_id'), 'order_line_items', ['order_id'], unique=False)
    op.create_index(op.f('ix_order_line_items_owner_id'), 'order_line_items', ['owner_id'], unique=False)
    op.create_index(op.f('ix_order_line_items_product_id'), 'order_line_items', ['product_id'], unique=False)
    op.create_index('uq_order_line_items_external_id', 'order_line_items', ['external_id'], unique=True)
    op.create_table('invoice_line_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('modified_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('modified_at', types.UtcDateTime(), nullable=False),
    sa.Column('deleted_at', types.UtcDateTime(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('invoice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('quantity', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('unit_price', types.ExactDecimal(scale=4), nullable=True),
    sa.Column('subtotal', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('discount', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('tax', types.ExactDecimal(scale=2), nullable=True),
    sa.Column('total_price', types.ExactDecimal(scale=2), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_invoice_line_items_created_by_id')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_invoice_line_items_invoice_id')),
    sa.ForeignKeyConstraint(['modified_by_id'], ['users.id'], name=op.f('fk_invoice_line_items_modified_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_invoice_line_items_owner_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_invoice_line_items_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_line_items'))
    )
    op.create_index(op.f('ix_invoice_line_items_created_at'), 'invoice_line_items', ['created_at'], unique=False)
    op.create_index(op.f('ix_invoice_line_items_invoice_id'), 'invoice_line_items', ['invoice_id'], unique=False)
    op.create_index(op.f('ix_invoice_line_items_owner_id'), 'invoice_line_items', ['owner_id'], unique=False)
    op.create_index(op.f('ix_invoice_line_items_product_id'), 'invoice_line_items', ['product_id'], unique=False)
    op.create_index('uq_invoice_line_items_external_id', 'invoice_line_items', ['external_id'], unique=True)
