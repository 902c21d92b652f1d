# Named targets: `snakemake <name>` makes one stage of the work and what it needs.


rule downloads:
    input:
        plan.download_files(),
    localrule: True


rule records:
    input:
        plan.record_files,
    localrule: True


rule bases:
    input:
        plan.checkpoint_files("bases"),
    localrule: True


rule intermediates:
    input:
        plan.checkpoint_files("intermediates"),
    localrule: True


rule targets:
    input:
        plan.checkpoint_files("targets"),
    localrule: True


rule alignment:
    input:
        lambda w: plan.alignment_files(),
    localrule: True


rule scores:
    input:
        plan.score_files,
    localrule: True


rule submission:
    input:
        lambda _: plan.submission_files(),
    localrule: True
