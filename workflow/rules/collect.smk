# Named targets: `snakemake <name>` makes one stage of the work and what it needs.


rule downloads:
    input:
        plan.downloads.files(),
    localrule: True


rule records:
    input:
        plan.records.files,
    localrule: True


rule bases:
    input:
        plan.checkpoints.files("bases"),
    localrule: True


rule intermediates:
    input:
        plan.checkpoints.files("intermediates"),
    localrule: True


rule targets:
    input:
        plan.checkpoints.files("targets"),
    localrule: True


rule alignment:
    input:
        lambda w: plan.alignment.files(),
    localrule: True


rule scores:
    input:
        plan.scores.files,
    localrule: True


rule submission:
    input:
        lambda _: plan.submission.files(),
    localrule: True


rule figures:
    input:
        plan.report.figures(),
    localrule: True


rule tables:
    input:
        plan.report.tables(),
    localrule: True


rule cards:
    input:
        plan.report.cards(),
    localrule: True
